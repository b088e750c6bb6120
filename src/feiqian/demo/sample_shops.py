"""Merchants that do not exist, for seeded banks: from large hotels to the café at the corner."""

from __future__ import annotations

from feiqian.merchants.registry import NewMerchant, Store
from feiqian.money import CNY, EUR, JPY, Currency

# Name, fee in basis points, stores. The large pay less.
_MERCHANTS = """
Corner Café 角落咖啡|60|Counter
Lotus Noodles 莲花面馆|55|Old Town,Station
Harbour Grand Hotel 海港大酒店|38|Reception,Restaurant,Rooftop Bar,Spa
Jade Pharmacy 玉和药房|40|Main Street,Hospital Gate
Fresh Garden Supermarket 鲜园超市|35|North,South,Riverside,Airport
River Tea House 江畔茶楼|55|Tea Room
Harbour Books 海港书店|50|Main Street
Old Town Bikes 老城单车|60|Workshop
Cloud Noodle Bar 云朵拉面|55|Mall,Campus
Golden Phoenix Hotel 金凤凰酒店|38|Reception,Banquet Hall
Sunrise Bakery 晨光面包房|60|Park Road
Metro Convenience 地铁便利店|45|Line 1,Line 2,Line 4,Airport
Plum Blossom Florist 梅花花店|60|Shop
Dragon Gate Cinema 龙门影城|50|Screens 1-8
Silk Lane Tailors 丝绸巷裁缝|60|Silk Lane
Bamboo Grove Restaurant 竹林餐厅|50|Lakeside,Old Town
Night Market Skewers 夜市烧烤|60|Stall 14
Blue Whale Aquarium 蓝鲸海洋馆|45|Tickets,Gift Shop
Lucky Star Karaoke 幸运星歌厅|55|Centre
Green Leaf Grocers 绿叶杂货|55|East Gate
Skyline Department Store 天际百货|36|Ground Floor,Fashion,Home,Food Hall
Happy Panda Toys 快乐熊猫玩具|55|Mall
Spring Valley Clinic 春谷诊所|40|Reception
Iron Rooster Hardware 铁公鸡五金|55|Warehouse
Moonlight Tea 月光奶茶|60|Campus,Mall,Station
West Lake Boats 西湖游船|50|Pier
Thousand Pages Library Shop 千页书屋|55|Shop
Red Lantern Hotpot 红灯笼火锅|50|Old Town,North,Mall
Swift Couriers 飞燕快递|45|Depot
Peach Garden Fruit 桃园水果|60|Market
Imperial Jewellers 御宝珠宝|45|Boutique
Cedar Furniture 雪松家具|50|Showroom
Wanderer Youth Hostel 行者青旅|55|Reception
Seven Stars Taxi 七星出租|50|Dispatch
Paper Crane Stationery 纸鹤文具|60|School Road
Emperor Dumplings 皇家饺子|55|Main Street,Station
Sports World 运动世界|45|Mall,Outlet
Orchid Beauty Salon 兰花美容|60|Salon
City Parking 城市停车|40|Centre,Station,Hospital
Tin Roof Records 铁皮屋唱片|60|Shop
Great Wall Electronics 长城电器|38|Main Street,Mall
Little Swallow Kindergarten 小燕子幼儿园|40|Office
Three Rivers Fish 三江鱼庄|55|Market
Mountain View Dental 山景牙科|45|Practice
Old Clock Watchmaker 老钟表行|60|Workshop
Rainbow Laundry 彩虹洗衣|60|Campus
Grand Theatre 大剧院|45|Box Office,Foyer Bar
Bright Eyes Optician 明眸眼镜|50|Mall
"""
_ABROAD = (
    NewMerchant("Café Liberté", EUR.number, 60, (Store("main", "Terrasse"),)),
    NewMerchant("Sakura Ryokan 桜旅館", JPY.number, 45, (Store("front", "Front Desk"), Store("onsen", "Onsen"))),
)


def sample_merchants(count: int, *, abroad: bool = False, fee_basis_points: int | None = None) -> list[NewMerchant]:
    """So many merchants, always the same; `fee_basis_points` for all of them, or else each its own.

    With `abroad` the last two, if there are more than two, are paid in euros and in yen.
    """
    lines = [line.split("|") for line in _MERCHANTS.strip().splitlines()]
    found = [_merchant(lines[n % len(lines)], n // len(lines), CNY) for n in range(count)]
    if abroad and count > len(_ABROAD):
        found[-len(_ABROAD) :] = _ABROAD
    return found if fee_basis_points is None else [one._replace(fee_basis_points=fee_basis_points) for one in found]


def _merchant(line: list[str], branch: int, currency: Currency) -> NewMerchant:
    name, fee, stores = line
    numbered = f"{name} {branch + 1}" if branch else name
    places = tuple(Store(_code(store), store) for store in stores.split(","))
    return NewMerchant(numbered, currency.number, int(fee), places)


def _code(store: str) -> str:
    return store.lower().replace(" ", "-")
