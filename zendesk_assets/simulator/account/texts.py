"""The words of the demo data: people, companies, products and conversations. No logic.

Conversations are templates: `{first}` is the customer, `{agent}` the agent, `{product}` what was
bought, `{order}` the order number, `{company}` the customer's company.
"""
# ruff: noqa: E501, ISC004, Q003, SIM905 (prose reads best unbroken)

from typing import NamedTuple

FIRST_NAMES = tuple(
    "Amara Anneke Anton Aoife Beatriz Callum Carmen Chiara Dimitri Ebba Elif Emil Farid Fatima Felix "
    "Femke Gabriel Hana Hugo Imani Ingrid Isabel Jakub Jamila Joana Jonas Kaito Karim Katarzyna "
    "Lars Leila Liam Linnea Lucia Malik Mateo Mei Mikael Nadia Niamh Nikos Noor Oskar Paolo Priya "
    "Rafael Rosa Ruben Saoirse Selma Sanjay Sofia Stefan Tamar Thandi Theo Tomas Valeria Viktor "
    "Wanjiru Yara Yusuf Zofia Zoë".split()
)
LAST_NAMES = tuple(
    "Abbott Adeyemi Almeida Andersson Bakker Baptiste Bianchi Brennan Castillo Chaudhry Cohen Costa "
    "Da-Silva Dubois Duarte Eriksen Ferrari Fischer Fontaine García Haddad Hansen Hartmann Hughes "
    "Ivanova Jansen Kamau Kaya Keane Kowalska Larsen Lindqvist Marchetti Mbeki Moreau Müller Nakamura "
    "Novak Okafor O'Brien Oliveira Papadakis Patel Petrov Quigley Rahman Reyes Romero Santos Schmidt "
    "Sharma Silva Sørensen Suzuki Tanaka Teixeira Van-Dijk Vargas Virtanen Weber Wójcik Yilmaz".split()
)
COMPANIES = tuple(
    "Alder Amberley Bluestone Brightwater Calder Cedarline Copperfield Dovetail Driftwood Eastgate "
    "Elmhurst Fernhill Foxglove Gable Granary Greenway Harbour Hawthorn Hearth Ironbridge Juniper "
    "Kestrel Kingfisher Larkspur Linden Lodestar Marigold Meadowbank Millrace Northlight Oakridge "
    "Orchard Pemberton Quayside Redwing Ridgeway Rosewood Saltmarsh Silverbirch Stonebridge Tamarind "
    "Thornbury Tidewater Upland Vantage Wayfarer Westerly Whitby Windermere Yarrow".split()
)
COMPANY_FORMS = (
    "Hotels", "Foods", "Dental Care", "Logistics", "Architects", "Bakery", "Veterinary Group",
    "Schools Trust", "Textiles", "Coffee Roasters", "Property", "Clinics", "Breweries",
)  # fmt: skip
GROUPS = (
    ("Support", "First contact for every customer"),
    ("Billing", "Invoices, refunds and subscriptions"),
    ("Returns and repairs", "Warranty cases and spare parts"),
    ("Technical support", "App, firmware and connectivity"),
    ("Key accounts", "Hotels, offices and resellers"),
    ("Logistics", "Carriers, customs and lost parcels"),
    ("Social media", "Public posts and direct messages"),
)
PRODUCTS = (
    ("Barista Pro 2", "product_barista_pro_2"),
    ("Barista Mini", "product_barista_mini"),
    ("AromaGrind 40", "product_aromagrind_40"),
    ("Office Brew Station", "product_office_brew_station"),
    ("Descaling kit", "product_descaling_kit"),
    ("Brew Companion app", "product_brew_companion_app"),
    ("Bean subscription", "product_bean_subscription"),
)
REASONS = (
    ("Delivery", "contact_delivery"),
    ("Defect", "contact_defect"),
    ("Invoice", "contact_invoice"),
    ("How-to", "contact_how_to"),
    ("Cancellation", "contact_cancellation"),
)
OTHER_REASON = "Some other reason"
RATING_REASON_IDS = {
    reason: 29_007_440_423_316 + place
    for place, reason in enumerate((
        "No reason provided",
        "The issue took too long to resolve",
        *(title for title, _tag in REASONS),
        OTHER_REASON,
    ))
}  # fmt: skip
FIELDS = (
    ("text", "Order number", "As printed on the delivery note"),
    ("tagger", "Product", "What the customer has"),
    ("checkbox", "Under warranty", "Bought less than 24 months ago"),
    ("integer", "Units affected", "How many machines show the problem"),
    ("multiselect", "Contact reasons", "Everything the customer asks about"),
    ("date", "Delivery date", "As confirmed by the carrier"),
    ("decimal", "Refund amount", "In the currency of the order"),
    ("textarea", "Internal notes", "For colleagues only"),
)
CLIENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 Version/18.1 Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0",
    "Zendesk Support for iOS/2.41",
)
CITIES = (
    ("Dublin, L, Ireland", 53.3498, -6.2603),
    ("Utrecht, UT, Netherlands", 52.0907, 5.1214),
    ("Hamburg, HH, Germany", 53.5511, 9.9937),
    ("Lyon, ARA, France", 45.764, 4.8357),
    ("Porto, 13, Portugal", 41.1579, -8.6291),
    ("Gdańsk, PM, Poland", 54.352, 18.6466),
    ("Leeds, ENG, United Kingdom", 53.8008, -1.5491),
    ("Gothenburg, O, Sweden", 57.7089, 11.9746),
)
FILES = (
    ("photo-of-damage.jpg", "image/jpeg", 1600, 1200),
    ("IMG_2041.heic", "image/heic", None, None),
    ("invoice.pdf", "application/pdf", None, None),
    ("screenshot 2.png", "image/png", 1290, 2796),
    ("delivery-note.pdf", "application/pdf", None, None),
    ("diagnostics.log", "text/plain", None, None),
    ("Übersicht März.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
     None, None),
)  # fmt: skip
RATING_COMMENTS = {
    "good": ("Quick and friendly, thank you!", "Solved on the first try.", None, None, None),
    "bad": ("It took four messages to be understood.", "Still waiting for the refund.", None),
}


class Thread(NamedTuple):
    """One kind of conversation."""

    subject: str
    opening: str
    agent: tuple[str, ...]
    customer: tuple[str, ...]
    closing: str
    note: str
    type: str
    tags: tuple[str, ...]
    group: int


THREADS = (
    Thread(
        "{product} arrived with a cracked water tank",
        "Hello,\n\nour {product} (order {order}) was delivered this morning and the water tank has a "
        "crack along the left side. It leaks as soon as it is filled. A photo is attached.\n\n{first}",
        (
            "Hi {first},\n\nI am sorry about the damaged tank. I have ordered a replacement; it leaves "
            "our warehouse tomorrow. You can keep the broken one.\n\nBest regards,\n{agent}",
            "Hi {first},\n\nthe carrier says the parcel is at your pick-up point. Could you check and "
            "let me know?\n\n{agent}",
        ),
        (
            "Thank you. Is there a tracking number? We would like to plan around the delivery.",
            "The new tank came, but the lid is missing from the box.",
        ),
        "Hi {first},\n\nglad everything fits now. I am closing this one; just reply if it leaks "
        "again.\n\n{agent}",
        "Third cracked tank from the same pallet this week. Told the warehouse.",
        "problem", ("damaged", "spare_part"), 2,
    ),
    Thread(
        "Charged twice for order {order}",
        "Hi there, I can see two identical charges for order {order} on my card statement. Only one "
        "{product} was ordered. Please refund the second one.\n\n{first}, {company}",
        (
            "Hello {first},\n\nyou are right: the first attempt timed out but was captured anyway. I have "
            "started the refund, it takes 3 to 5 working days.\n\nKind regards,\n{agent}",
            "Hello {first},\n\nour bank confirms that the refund has left. Is it there yet?\n\n{agent}",
        ),
        (
            "Thanks for the quick answer. Could I also get a corrected invoice for our accounts?",
            "Still nothing on the statement, I am afraid.",
        ),
        "Hello {first},\n\nthe corrected invoice is attached and the refund was booked.\n\n{agent}",
        "Payment provider shows a capture without an order id, asked them to void it.",
        "incident", ("billing", "refund"), 1,
    ),
    Thread(
        "{product} does not connect to wi-fi",
        "I followed the guide, but the light keeps blinking orange and the app says \"device not "
        "found\". The phone is on the same network. What am I missing?\n\nRegards\n{first}",
        (
            "Hi {first},\n\nthe {product} only joins 2.4 GHz networks. Could you check whether your "
            "router has a separate 2.4 GHz name?\n\n{agent}",
            "Hi {first},\n\nplease hold the steam button for ten seconds to reset the radio, then pair "
            "again. If it fails, send me the diagnostics file from the app.\n\n{agent}",
        ),
        (
            "I split the networks and it still blinks. The log file is attached.",
            "It worked after the reset, but the schedule is gone.",
        ),
        "Hi {first},\n\nfirmware 3.8.1 fixes the lost schedule and is on your machine now.\n\n{agent}",
        "Same chipset as in the firmware report of last month.",
        "problem", ("wifi", "firmware"), 3,
    ),
    Thread(
        "Where is my parcel? Order {order}",
        "The tracking page has said \"in transit\" for six days. We need the {product} for an opening "
        "on Friday. Can you find out where it is?\n\n{first}",
        (
            "Good morning {first},\n\nthe parcel waits in the sorting centre because the address label "
            "is torn. I have sent the carrier your address again.\n\n{agent}",
            "Good morning {first},\n\nI have sent a second one by courier to be safe.\n\n{agent}",
        ),
        (
            "Friday is tomorrow. Is there any news?",
            "It arrived an hour ago, both of them actually. What shall I do with the second one?",
        ),
        "Good morning {first},\n\nthe courier collects the second parcel on Monday.\n\n{agent}",
        "Carrier claim opened.",
        "question", ("delivery", "carrier"), 5,
    ),
    Thread(
        "Please move our bean subscription to the new address",
        "{company} moves at the end of the month. Please send the beans (order {order}) to our new "
        "office from then on. The invoice address stays.\n\nThank you, {first}",
        (
            "Hello {first},\n\nof course. I changed the delivery address from the first of next month. "
            "Shall the quantity stay the same?\n\n{agent}",
            "Hello {first},\n\ndone: two kilos more from the next delivery.\n\n{agent}",
        ),
        (
            "We are growing, so two kilos more would be welcome.",
            "One delivery still went to the old address, our neighbours have it.",
        ),
        "Hello {first},\n\neverything is set; enjoy the new office!\n\n{agent}",
        "Key account, confirm by phone before changing anything.",
        "task", ("subscription", "address_change"), 4,
    ),
    Thread(
        "Grinding noise from the {product}",
        "Since yesterday the {product} makes a loud grinding noise when it heats up. We use it about "
        "forty times a day. Is that covered by the warranty? Order {order}.",
        (
            "Hi {first},\n\nthat sounds like the pump. Could you record ten seconds of it?\n\n{agent}",
            "Hi {first},\n\nit is the pump. A technician will bring a new one on Thursday.\n\n{agent}",
        ),
        ("The recording is too large for e-mail, I put it on our share.", "Thursday suits us."),
        "Hi {first},\n\nthe technician reports a quiet machine. Two more years of warranty.\n\n{agent}",
        "Pump batch 2207 again, add to the list for quality.",
        "incident", ("warranty", "pump"), 2,
    ),
    Thread(
        "How do I export my brewing statistics?",
        "Our facility manager would like to see how many coffees the {product} makes per floor. Can "
        "the app export that as a spreadsheet?\n\n{first}, {company}",
        (
            "Hi {first},\n\nyes: Settings, Data, Export. It sends a CSV file by e-mail.\n\n{agent}",
            "Hi {first},\n\nper floor needs the Office plan; I switched on a trial for you.\n\n{agent}",
        ),
        ("Found it. Can it be split by floor?", "Great, the manager is happy."),
        "Hi {first},\n\nthen I close this question. Have a nice day!\n\n{agent}",
        "Feature request for scheduled exports, third one this quarter.",
        "question", ("app", "how_to"), 0,
    ),
    Thread(
        "Cancel order {order} please",
        "I ordered the wrong model by mistake. Please cancel order {order} before it ships; I will "
        "order the {product} instead.\n\nSorry and thanks\n{first}",
        (
            "Hi {first},\n\nno harm done, it had not been packed yet. The order is cancelled.\n\n{agent}",
            "Hi {first},\n\nI reserved the {product} for you for a week.\n\n{agent}",
        ),
        ("Will the discount code still work?", "Ordered, thank you."),
        "Hi {first},\n\nthe discount was added to the new order.\n\n{agent}",
        "Gave the expired code again as goodwill.",
        "task", ("cancellation",), 0,
    ),
)  # fmt: skip
