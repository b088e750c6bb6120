"""The people whom the demo's start page offers: invented, of many languages, one of them awkwardly long."""

from __future__ import annotations

# Each with what they have (fen).
WELCOMED: tuple[tuple[str, int], ...] = (
    ("Lin Xiaoyu 林小雨", 3_680_50),
    ("Sofía Hernández", 1_245_00),
    ("Noah Williams", 8_912_35),
    ("王小明", 2_066_00),
    ("Amara Okafor", 640_80),
    ("Jonas Weber", 15_320_00),
    ("陈思远", 980_10),
    ("Valentina Rossi", 4_410_75),
    ("Mateo García López", 2_730_00),
    ("Priya Nair", 5_199_99),
    ("Bartholomew Featherstonehaugh-Cholmondeley", 12_006_40),
    ("Hana Kim", 777_70),
    ("欧阳娜娜", 3_141_59),
    ("Sam Short", 12_40),  # to see what too little money looks like
)
