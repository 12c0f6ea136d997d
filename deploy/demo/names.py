"""Names for invented people: given and family names that occur together, by where a family may come from.

Compiled for the demo. It shares nothing with the matcher's own lists: what matching finds here, it finds by
its own lights.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Naming:
    """How one group of families is named, and its share of all families in percent."""

    share: int
    girls: tuple[str, ...]
    boys: tuple[str, ...]
    families: tuple[str, ...]


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


BRITISH = Naming(
    62,
    _words(
        "Olivia Amelia Isla Ava Freya Lily Florence Willow Sophie Grace Ellie Charlotte Emily Jessica Chloe Megan Hannah "
        "Bethany Lauren Rebecca Gemma Kelly Stacey Natalie Joanne Tracey Michelle Samantha Nicola Karen Julie Susan "
        "Margaret Patricia Christine Linda Barbara Elizabeth Victoria Katherine Abigail Harriet Matilda Phoebe Erin Holly"
    ),
    _words(
        "Oliver George Harry Noah Jack Leo Oscar Archie Freddie Thomas William James Daniel Joshua Callum Liam Connor Ryan "
        "Luke Adam Craig Lee Gary Darren Wayne Stephen Mark Paul Andrew Christopher Matthew Robert Michael David John Peter "
        "Alan Kenneth Edward Benjamin Samuel Joseph Alexander Nathan Jamie Kieran Tyler Reece"
    ),
    _words(
        "Smith Jones Taylor Brown Wilson Johnson Walker Wright Robinson Thompson White Hughes Edwards Green Hall Wood Harris "
        "Lewis Martin Jackson Clarke Clark Turner Hill Cooper Ward Moore Baker Bennett Carter Ashdown Barlow Birchall "
        "Cartwright Dawber Entwistle Fairhurst Garside Hargreaves Holroyd Illingworth Kershaw Lomax Ormerod Pilkington "
        "Quarmby Ramsbottom Schofield Tattersall Unsworth Whitworth Openshaw Shuttleworth Bamford Crompton Duckworth "
        "Farnworth Greenhalgh Heywood Jagger Kellett Lightfoot Midgley Nuttall Priestley Rushton Sugden Thackray"
    ),
)
CELTIC = Naming(
    10,
    _words(
        "Siân Carys Ffion Rhiannon Angharad Aoife Niamh Ciara Orlaith Saoirse Eilidh Mairi Catriona Shona Fiona Róisín"
    ),
    _words(
        "Rhys Dylan Gethin Owain Iestyn Cillian Fionn Eoin Declan Padraig Hamish Fergus Callan Ruaridh Angus Niall"
    ),
    _words(
        "Davies Evans Griffiths Llewellyn Prosser Bevan O'Brien O'Connor Murphy Byrne McCarthy Doyle MacDonald McKenzie "
        "Campbell Stewart Fraser McIntyre Gallagher O'Sullivan Rees Vaughan"
    ),
)
SOUTH_ASIAN = Naming(
    11,
    _words(
        "Aisha Fatima Zainab Maryam Khadija Sana Ayesha Nadia Shazia Rukhsana Priya Anjali Simran Harpreet Nasreen"
    ),
    _words(
        "Mohammed Ibrahim Yusuf Bilal Hamza Imran Tariq Asif Zubair Arjun Rohan Gurpreet Harjit Abdul Kamran Faisal"
    ),
    _words(
        "Khan Hussain Ahmed Begum Akhtar Malik Patel Shah Mahmood Iqbal Choudhury Rahman Kaur Singh Miah Uddin Sharma"
    ),
)
AFRICAN = Naming(
    6,
    _words(
        "Adaeze Chiamaka Folasade Temitope Ngozi Blessing Amina Hodan Ifrah Sagal Abena Efua Makena Thandiwe"
    ),
    _words(
        "Oluwaseun Chinedu Babatunde Emeka Tunde Kwame Kofi Abdirahman Mahad Liban Tendai Sipho Femi Ikenna"
    ),
    _words("Okafor Adeyemi Olawale Nwosu Eze Mensah Boateng Abdi Warsame Farah Moyo Dlamini Adebayo Osei"),
)
EUROPEAN = Naming(
    8,
    _words(
        "Agnieszka Katarzyna Zofia Magdalena Oksana Iryna Ioana Andreea Elena Giulia Ana Beatriz Małgorzata"
    ),
    _words("Piotr Krzysztof Jakub Wojciech Oleksandr Dmytro Andrei Mihai Marek Tomasz João Luca Łukasz"),
    _words(
        "Kowalski Nowak Wiśniewski Zieliński Kovalenko Shevchenko Popescu Ionescu Ferreira Rossi Dąbrowski Wójcik"
    ),
)
EAST_ASIAN = Naming(
    3,
    _words("Mei Xiuying Linh Thảo Yan Hui Jia Ngọc"),
    _words("Wei Minh Jun Tuấn Hao Chen Quang Lei"),
    _words("Wang Chen Nguyễn Trần Lam Cheung Wong Phạm"),
)
NAMINGS = (BRITISH, CELTIC, SOUTH_ASIAN, AFRICAN, EUROPEAN, EAST_ASIAN)

SHORT_FORMS = {
    "Elizabeth": "Liz",
    "Katherine": "Katie",
    "Victoria": "Vicky",
    "Samantha": "Sam",
    "Rebecca": "Becky",
    "Jessica": "Jess",
    "Charlotte": "Lottie",
    "Abigail": "Abbie",
    "Margaret": "Maggie",
    "Patricia": "Pat",
    "Susan": "Sue",
    "Thomas": "Tom",
    "William": "Will",
    "James": "Jim",
    "Daniel": "Dan",
    "Joshua": "Josh",
    "Stephen": "Steve",
    "Andrew": "Andy",
    "Christopher": "Chris",
    "Matthew": "Matt",
    "Robert": "Rob",
    "Michael": "Mike",
    "David": "Dave",
    "Kenneth": "Ken",
    "Edward": "Eddie",
    "Benjamin": "Ben",
    "Samuel": "Sam",
    "Joseph": "Joe",
    "Alexander": "Alex",
    "Mohammed": "Muhammad",
    "Yusuf": "Yousef",
    "Oluwaseun": "Seun",
}
"""How an invented clerk may have written a given name instead."""

STREETS = _words(
    "Mill Lane|Tanner's Row|Chapel Street|Weir Road|Ropewalk|Larch Avenue|Canal Bank|Beech Grove|Foundry Street|"
    "Station Road|Priory Close|Orchard Way|Quarry Hill|Bleachworks Lane|Moss Side|Cinder Path|Union Street|"
    "Harebell Drive|Kingfisher Court|Viaduct Road".replace(" ", "_").replace("|", " ")
)
