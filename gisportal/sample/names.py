"""Made-up names in Arabic and English for streets, districts, plans, people, companies and places.

Every list pairs the Arabic word with its usual English spelling, so that both names of a row say the same.
"""

from __future__ import annotations

from random import Random

Name = tuple[str, str]


def _pairs(text: str) -> tuple[Name, ...]:
    return tuple((ar.strip(), en.strip()) for ar, en in (entry.split("=") for entry in text.split("،")))


NOUNS = _pairs(
    "النخيل=Al Nakheel، الواحة=Al Waha، الياسمين=Al Yasmin، الريحان=Al Rayhan، اللؤلؤ=Al Lulu، المرجان=Al Murjan،"
    "الشراع=Al Shiraa، المرسى=Al Marsa، الأمواج=Al Amwaj، النورس=Al Nawras، البستان=Al Bustan، الروضة=Al Rawdah،"
    "الفيحاء=Al Fayha، الزهور=Al Zuhur، الورود=Al Wurud، السدر=Al Sidr، الأثل=Al Athl، الغاف=Al Ghaf،"
    "الخزامى=Al Khuzama، العرعر=Al Arar، الكثبان=Al Kuthban، الرمال=Al Rimal، الغدير=Al Ghadir، الينابيع=Al Yanabia،"
    "العيون=Al Uyun، الجداول=Al Jadawil، السواقي=Al Sawaqi، الهضاب=Al Hidab، الصفا=Al Safa، المنار=Al Manar،"
    "الفنار=Al Fanar، الساحل=Al Sahil، الخليج=Al Khaleej، الشاطئ=Al Shati، المحار=Al Mahar، الدانة=Al Danah،"
    "الجوهرة=Al Jawharah، الفيروز=Al Fayruz، الياقوت=Al Yaqut، العقيق=Al Aqiq، الزمرد=Al Zumurrud، المروج=Al Muruj،"
    "الربيع=Al Rabi، الندى=Al Nada، السحاب=Al Sahab، الغيث=Al Ghayth، النسيم=Al Nasim، الشروق=Al Shuruq،"
    "الضحى=Al Duha، الأصيل=Al Asil، الهلال=Al Hilal، النجوم=Al Nujum، الثريا=Al Thurayya، السنا=Al Sana،"
    "الوفاء=Al Wafa، الأمانة=Al Amanah، السلام=Al Salam، التعاون=Al Taawun، الإخاء=Al Ikha، المودة=Al Mawaddah،"
    "السكينة=Al Sakinah، البشائر=Al Bashair، الأماني=Al Amani، التلال=Al Tilal، الحزم=Al Hazm، العزيزة=Al Azizah،"
    "المعرفة=Al Marifah، الحكمة=Al Hikmah، البيان=Al Bayan، المنهل=Al Manhal، القافلة=Al Qafilah، الصقور=Al Suqur،"
    "المها=Al Maha، الظباء=Al Zibaa، الشهامة=Al Shahamah، الكرم=Al Karam، السراة=Al Sarat، الوادي=Al Wadi،"
    "الرابية=Al Rabiyah، البحيرة=Al Buhayrah، الميناء=Al Mina، السفن=Al Sufun، الصواري=Al Sawari، الغواص=Al Ghawwas"
)
ADJECTIVES = _pairs(
    "الكبير=Grand، الجديد=New، الأخضر=Green، الشمالي=North، الجنوبي=South، الشرقي=East، الغربي=West، الأول=First،"
    "الثاني=Second، الثالث=Third، الرابع=Fourth، الخامس=Fifth"
)
FIRST = _pairs(
    "محمد=Mohammed، أحمد=Ahmed، خالد=Khalid، سعد=Saad، فهد=Fahd، ناصر=Nasser، علي=Ali، حسن=Hassan، حسين=Hussain،"
    "عبدالله=Abdullah، عبدالرحمن=Abdulrahman، عبدالعزيز=Abdulaziz، إبراهيم=Ibrahim، يوسف=Yusuf، صالح=Saleh،"
    "سالم=Salem، راشد=Rashid، ماجد=Majid، بدر=Badr، تركي=Turki، طارق=Tariq، زياد=Ziyad، عمر=Omar، عثمان=Othman،"
    "جابر=Jaber، حمد=Hamad، سلطان=Sultan، مشعل=Mishal، نايف=Naif، وليد=Walid، ياسر=Yasser، هشام=Hisham،"
    "عادل=Adel، فيصل=Faisal، مازن=Mazen، سامي=Sami، رائد=Raed، منصور=Mansour، مبارك=Mubarak، عيسى=Isa"
)
WOMEN = _pairs(
    "نورة=Noura، سارة=Sarah، فاطمة=Fatimah، مريم=Maryam، هند=Hind، منيرة=Munirah، لطيفة=Latifah، عائشة=Aishah،"
    "حصة=Hessah، الجوهرة=Al Jawharah، ريم=Reem، أمل=Amal، هدى=Huda، منى=Mona، لولوة=Lulwah، شيخة=Sheikhah،"
    "زينب=Zainab، خديجة=Khadijah، أسماء=Asma، عبير=Abeer"
)
FAMILIES = _pairs(
    "الرملي=Al Ramli، البحري=Al Bahri، الساحلي=Al Sahili، النخلاوي=Al Nakhlawi، الغواصي=Al Ghawwasi،"
    "اللؤلؤي=Al Luluai، المرجاني=Al Murjani، الواحي=Al Wahi، الشراعي=Al Shiraai، البستاني=Al Bustani،"
    "السدراني=Al Sidrani، الهضابي=Al Hidabi، الغديري=Al Ghadiri، العيوني=Al Uyuni، السواقي=Al Sawaqi،"
    "الصفواني=Al Safwani، المناري=Al Manari، الفيروزي=Al Fayruzi، العقيقي=Al Aqiqi، المروجي=Al Muruji،"
    "الربيعاني=Al Rabiani، السحابي=Al Sahabi، الغيثي=Al Ghaythi، النسيمي=Al Nasimi، الشروقي=Al Shuruqi،"
    "الهلالاني=Al Hilalani، الوفائي=Al Wafai، السلامي=Al Salami، التعاوني=Al Taawuni، المنهلي=Al Manhali،"
    "القوافلي=Al Qawafili، الصقراني=Al Saqrani، الظبياني=Al Zibyani، الوادياني=Al Wadiyani، البحيري=Al Buhayri،"
    "المينائي=Al Minai، الصواري=Al Sawari، السفاني=Al Saffani، الجداوي=Al Jadawi، الكثباني=Al Kuthbani،"
    "الخزامي=Al Khuzami، العرعري=Al Arari، الغافي=Al Ghafi، الأثلي=Al Athli، الدانوي=Al Danawi، الريحاني=Al Rayhani،"
    "الزهوري=Al Zuhuri، الورديني=Al Wurdini، الياسميني=Al Yasmini، النورسي=Al Nawrasi"
)
TRADES = _pairs(
    "للتطوير العقاري=Real Estate Development، للمقاولات=Contracting، للاستثمار=Investment، التجارية=Trading،"
    "للإسكان=Housing، القابضة=Holding، للخدمات اللوجستية=Logistics، للصناعات الغذائية=Food Industries"
)
BODIES = _pairs(
    "بلدية مرسى الخليج=Marsa Al Khaleej Municipality، إدارة التعليم بمرسى الخليج=Marsa Al Khaleej Education Department،"
    "فرع الأوقاف بمرسى الخليج=Marsa Al Khaleej Endowments Branch،"
    "مرفق كهرباء مرسى الخليج=Marsa Al Khaleej Power Utility،"
    "التجمع الصحي بمرسى الخليج=Marsa Al Khaleej Health Cluster"
)
MUNICIPALITY: Name = ("بلدية مرسى الخليج", "Marsa Al Khaleej Municipality")

PLACE_NAMES: dict[str, Name] = {
    "supermarket": ("سوبرماركت", "Supermarket"),
    "convenience": ("تموينات", "Grocery"),
    "bakery": ("مخبز", "Bakery"),
    "greengrocer": ("خضار وفواكه", "Fruit and Vegetables"),
    "butcher": ("ملحمة", "Butcher"),
    "restaurant": ("مطعم", "Restaurant"),
    "cafe": ("مقهى", "Cafe"),
    "hospital": ("مستشفى", "Hospital"),
    "clinic": ("مستوصف", "Clinic"),
    "dentist": ("عيادة أسنان", "Dental Clinic"),
    "pharmacy": ("صيدلية", "Pharmacy"),
    "laboratory": ("مختبر", "Laboratory"),
    "gas_bottles": ("محل غاز", "Gas Shop"),
    "water_shop": ("مياه", "Water Shop"),
    "water_point": ("أشياب", "Water Filling Point"),
    "car_repair": ("ورشة سيارات", "Car Repair"),
    "tyres": ("بنشر", "Tyre Shop"),
    "electrician": ("كهربائي", "Electrician"),
    "plumber": ("سباكة", "Plumber"),
    "air_conditioning": ("صيانة مكيفات", "Air Conditioning"),
    "hardware": ("مواد بناء", "Building Materials"),
    "fuel_station": ("محطة وقود", "Fuel Station"),
    "post_office": ("بريد", "Post Office"),
    "police": ("شرطة", "Police Station"),
    "fire_station": ("دفاع مدني", "Fire Station"),
    "library": ("مكتبة", "Library"),
    "government_office": ("مكتب حكومي", "Government Office"),
    "service_centre": ("مركز خدمة بلدي", "Municipal Service Centre"),
    "service_counter": ("مكتب خدمات", "Municipal Counter"),
    "town_hall": ("مقر البلدية في", "Town Hall"),
    "mosque": ("مسجد", "Mosque"),
    "friday_mosque": ("جامع", "Friday Mosque"),
    "school": ("مدرسة", "School"),
    "kindergarten": ("روضة", "Kindergarten"),
    "park": ("حديقة", "Park"),
    "playground": ("ملعب أطفال", "Playground"),
}
"""By kind of place."""


def pick(names: tuple[Name, ...], rng: Random) -> Name:
    """Return one of the names."""
    return names[int(rng.random() * len(names))]


def street_name(number: int) -> Name:
    """Return the name of the ``number``-th street of the city; no two numbers have the same name.

    Single words come first, then words with an adjective, then names of (made-up) people, which never run out.

    Examples
    --------
    >>> street_name(0)
    ('شارع النخيل', 'Al Nakheel Street')
    >>> len({street_name(k) for k in range(50_000)})
    50000
    """
    if number < len(NOUNS):
        ar, en = NOUNS[number]
        return f"شارع {ar}", f"{en} Street"
    number -= len(NOUNS)
    if number < len(NOUNS) * len(ADJECTIVES):
        (ar, en), (ar2, en2) = NOUNS[number % len(NOUNS)], ADJECTIVES[number // len(NOUNS)]
        return f"شارع {ar} {ar2}", f"{en} {en2} Street"
    number -= len(NOUNS) * len(ADJECTIVES)
    first, rest = number % len(FIRST), number // len(FIRST)
    family, rest = (rest + first * 7) % len(FAMILIES), rest // len(FAMILIES)
    (ar, en), (ar2, en2) = FIRST[first], FAMILIES[family]
    if rest == 0:
        return f"شارع {ar} {ar2}", f"{en} {en2} Street"
    father, rest = FIRST[(rest - 1) % len(FIRST)], (rest - 1) // len(FIRST)
    suffix = f" {rest + 1}" if rest else ""
    return f"شارع {ar} بن {father[0]} {ar2}{suffix}", f"{en} bin {father[1]} {en2} Street{suffix}"


def boundary_name(line: str) -> Name:
    """Return the name of a boundary road: ``u3`` is the fourth road that runs north, ``v3`` that runs east."""
    number = int(line[1:])
    turn = number // len(NOUNS)
    ar, en = NOUNS[(number * 7 + (3 if line[0] == "u" else 40)) % len(NOUNS)]
    suffix = f" {turn + 1}" if turn else ""
    if line[0] == "u":
        return f"طريق {ar}{suffix}", f"{en} Road{suffix}"
    return f"شارع {ar} العام{suffix}", f"{en} Main Street{suffix}"


def district_name(number: int) -> Name:
    """Return the name of the ``number``-th district."""
    (ar, en), turn = NOUNS[(number * 11 + 1) % len(NOUNS)], number // len(NOUNS)
    if turn == 0:
        return f"حي {ar}", f"{en} District"
    ar2, en2 = ADJECTIVES[(turn + 2) % len(ADJECTIVES)]
    return f"حي {ar} {ar2}", f"{en} {en2} District"


def person_name(rng: Random, family: Name | None = None, is_woman: bool = False) -> Name:
    """Return a person's name: own name, father's name, family."""
    first = pick(WOMEN if is_woman else FIRST, rng)
    father, family = pick(FIRST, rng), family or pick(FAMILIES, rng)
    ar, en = ("بنت", "bint") if is_woman else ("بن", "bin")
    return f"{first[0]} {ar} {father[0]} {family[0]}", f"{first[1]} {en} {father[1]} {family[1]}"


def company_name(number: int, rng: Random) -> Name:
    """Return a company's name."""
    noun, trade = NOUNS[number % len(NOUNS)], pick(TRADES, rng)
    return f"شركة {noun[0]} {trade[0]}", f"{noun[1]} {trade[1]} Company"
