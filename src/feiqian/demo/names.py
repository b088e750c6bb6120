"""The people whom the demo's start page offers: invented, of many languages, one of them awkwardly long."""

from __future__ import annotations

from feiqian.demo.seeding import First

# What everybody in the demo signs in and pays with. It is play money; the start page tells it to everyone.
PASSWORD = "lantern-orbit-49-teapot"
PIN = "490713"

# Each with what they have (fen).
WELCOMED = (
    First("Lin Xiaoyu 林小雨", 3_680_50, "full", "lin.xiaoyu@demo.example", "zh"),
    First("Sofía Hernández", 1_245_00, "full", "sofia@demo.example", "es"),
    First("Noah Williams", 8_912_35, "full", "noah@demo.example", "en"),
    First("王小明", 2_066_00, "full", "wang.xiaoming@demo.example", "zh"),
    First("Amara Okafor", 640_80, "remote", "amara@demo.example", "en"),
    First("Jonas Weber", 15_320_00, "full", "jonas@demo.example", "en"),
    First("陈思远", 980_10, "remote", "chen.siyuan@demo.example", "zh"),
    First("Valentina Rossi", 4_410_75, "full", "valentina@demo.example", "en"),
    First("Mateo García López", 2_730_00, "full", "mateo@demo.example", "es"),
    First("Priya Nair", 5_199_99, "full", "priya@demo.example", "en"),
    First("Bartholomew Featherstonehaugh-Cholmondeley", 12_006_40, "full", "bartholomew@demo.example", "en"),
    First("Hana Kim", 0, "unverified", "hana@demo.example", "en"),  # has not shown who she is yet: no wallet
    First("欧阳娜娜", 3_141_59, "full", "ouyang.nana@demo.example", "zh"),
    First("Sam Short", 12_40, "full", "sam@demo.example", "en"),  # to see what too little money looks like
)
