"""The people and shops of the demo bank: invented, of many languages, some of them awkwardly long."""

from __future__ import annotations

# Those whom the start page offers, and what they have (fen).
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

_GIVEN = """
Ana Ben Chen Dan Elif Fatima Gao Hugo Ines Jin Kai Lea Mei Nia Omar Pia Qiang Rosa Siyu Tom Uma Vera Wei Xin Yara
Zoe Bo Carla Diego Eva Farid Greta Hong Ivan Julia Karim Lucía Min Nora Otto Paula Rafael Sara Tao Ulla Víctor Yan
Zhen Ada Bruno
"""
_FAMILY = """
Wang Li Zhang Liu Chen Yang Huang Zhao Wu Zhou García López Martín Sánchez Romero Torres Rossi Bianchi Weber Fischer
Novak Kowalski Silva Costa Moreau Dubois Haddad Rahman Nair Kapoor Okafor Mensah Tanaka Sato Kim Park Nguyen Tran
Smith Jones Brown Taylor Walker Evans Murphy Kelly Olsen Berg Lindqvist Aalto
"""
_SHOPS = """
Corner Café | Harbour Books | Lotus Noodles 荷花面馆 | Jade Pharmacy | River Tea | Old Town Bikes | Panadería Sol |
East Gate Cinema | Golden Wok | Green Basket | Little Lantern Toys | North Pier Fish | Blue Door Bakery |
Cloud Nine Barber | Stone Bridge Hardware | Peach Garden | Metro Kiosk | Silk & Thread | 小明便利店 |
Moonlight Florist | Casa Luna | Bamboo Kitchen | Second Page Books | Four Seasons Fruit | Tiger Gym |
Maple Stationery | Sunrise Dumplings | Velvet Records | Plaza Optics | Hilltop Creamery | 天天水果 | Copper Kettle |
Anchor Ice Cream | Paper Crane Gifts | The Daily Grind | Quarter Deli | Rain or Shine Umbrellas | Orchid Spa |
Station Sandwiches | Lucky Star Arcade | Mill Street Market | La Esquina | Nine Dragons Seafood | Pocket Pets |
Cedar Home | Bright Side Cleaners | Night Owl Taxis | The Most Honourable Company of Rice and Noodle Cooks |
Fern & Fig | Willow Post Office
"""

GIVEN, FAMILY = tuple(_GIVEN.split()), tuple(_FAMILY.split())
SHOPS = tuple(name.strip() for name in _SHOPS.replace("\n", " ").split("|") if name.strip())
STORES = ("Main Street", "Central Station", "Riverside", "Airport")
