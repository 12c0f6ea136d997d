"""Names for invented people: given and family names that occur together, by where a family may come from.

Compiled for the demo. It shares nothing with the matcher's own lists: what matching finds here, it finds by
its own lights.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


@dataclass(frozen=True, slots=True)
class Naming:
    """How one group of families is named, and its share of all families in percent.

    ``passed_on`` says how a family name travels: ``shared`` by the family (a wife may take her husband's, or
    keep hers); ``gendered``, shared with an ending for women (Kowalski, Kowalska); ``kept`` by married women,
    the children have the father's; ``own``, each has one of their own; ``father``, the father's given name.
    ``before`` holds given names of those born before 1995, where fashion has changed; ``women`` holds women's
    family names, where they have others; ``rarer`` holds family names of which each is rare, but most people
    have one: without them, namesakes would be twenty times as frequent as they are.
    """

    share: int
    girls: tuple[str, ...]
    boys: tuple[str, ...]
    families: tuple[str, ...]
    passed_on: Literal["shared", "gendered", "kept", "own", "father"] = "shared"
    before: tuple[tuple[str, ...], tuple[str, ...]] | None = None
    women: tuple[str, ...] = ()
    rarer: tuple[str, ...] = ()


_FIRST_PARTS = _words(
    "Ack Al Ains Apple Ash Ather Bank Bir Black Brad Bram Bux Cal Chad Clay Crag Dar Dun Ell Fern Gar Hal Hard Haw Hazel "
    "Hep Hol Horn Hud Kirk Lang Light Lin Long Mar Mel Nor Oaken Ol Pem Raw Red Rom Saw Shaw Stan Sut Thorn Wal Wether Whit Win"
)
_LAST_PARTS = _words(
    "borough bourne bridge by clough combe croft den field ford grave hurst land ley shaw stead thorpe thwaite well worth"
)
_PLACE_NAMES = tuple(first + last for first in _FIRST_PARTS for last in _LAST_PARTS)
"""Family names after places, most of which could be."""

BRITISH = Naming(
    60,
    _words(
        "Olivia Amelia Isla Ava Freya Lily Florence Willow Sophie Grace Ellie Charlotte Emily Jessica Chloe Megan Hannah "
        "Bethany Lauren Abigail Harriet Matilda Phoebe Erin Holly Poppy Daisy Evie Maisie Ruby Scarlett Imogen Tilly Jasmine "
        "Ivy Mia Rosie Elsie Sienna Millie Esme Penelope Arabella Maya Robyn Summer Skye Paige Courtney Amber Jade Zara "
        "Bonnie Nancy Orla Martha Eliza Beatrice Clara Aurora Hallie Lottie Mabel Edith Thea Darcey Georgia Leah Lexi Lola"
    ),
    _words(
        "Oliver George Harry Noah Jack Leo Oscar Archie Freddie Thomas William James Daniel Joshua Callum Liam Connor Ryan "
        "Luke Adam Benjamin Samuel Joseph Alexander Nathan Jamie Kieran Tyler Reece Alfie Theo Jayden Riley Mason Toby "
        "Arthur Teddy Albie Jude Finley Rory Roman Ezra Hugo Felix Louie Reggie Frankie Bobby Elliot Caleb Dexter Kai Bradley "
        "Kyle Brandon Corey Ellis Harvey Isaac Jasper Logan Max Ollie Rowan Sebastian Stanley Sonny Zachary Ethan Dominic"
    ),
    _words(
        "Smith Jones Taylor Brown Wilson Johnson Walker Wright Robinson Thompson White Hughes Edwards Green Hall Wood Harris "
        "Lewis Martin Jackson Clarke Clark Turner Hill Cooper Ward Moore Baker Bennett Carter Ashdown Barlow Birchall "
        "Cartwright Dawber Entwistle Fairhurst Garside Hargreaves Holroyd Illingworth Kershaw Lomax Ormerod Pilkington "
        "Quarmby Ramsbottom Schofield Tattersall Unsworth Whitworth Openshaw Shuttleworth Bamford Crompton Duckworth "
        "Farnworth Greenhalgh Heywood Jagger Kellett Lightfoot Midgley Nuttall Priestley Rushton Sugden Thackray"
    ),
    before=(
        _words(
            "Rebecca Gemma Kelly Stacey Natalie Joanne Tracey Michelle Samantha Nicola Karen Julie Susan Margaret Patricia "
            "Christine Linda Barbara Elizabeth Victoria Katherine Deborah Sharon Jacqueline Dorothy Jean Sarah Emma Claire "
            "Amanda Alison Angela Ann Audrey Beverley Carol Catherine Cheryl Dawn Debra Denise Diane Donna Eileen Elaine Frances "
            "Gillian Hazel Heather Helen Hilary Irene Jane Janet Jennifer Joan Joyce Judith Kathleen Lesley Lorraine Lynn Marion "
            "Mary Maureen Paula Pauline Rachel Ruth Sally Sandra Sheila Shirley Sylvia Teresa Tina Valerie Vera Wendy Yvonne"
        ),
        _words(
            "Craig Lee Gary Darren Wayne Stephen Mark Paul Andrew Christopher Matthew Robert Michael David John Peter Alan "
            "Kenneth Edward Anthony Philip Nicholas Ronald Derek Raymond Richard Simon Jonathan Stuart Trevor "
            "Adrian Albert Alec Barry Benedict Bernard Brian Bruce Carl Clifford Clive Colin Dean Dennis Desmond Donald Douglas "
            "Duncan Eric Ernest Francis Frank Frederick Geoffrey Gerald Gordon Graham Grant Gregory Harold Howard Hugh Ivan Jason "
            "Jeremy Keith Kevin Leonard Leslie Malcolm Martin Maurice Melvyn Neil Neville Nigel Norman Patrick Ralph Roger Roy "
            "Russell Sean Shaun Sidney Stanley Terence Timothy Victor Vincent Walter"
        ),
    ),
    rarer=_PLACE_NAMES,
)
WELSH = Naming(
    3,
    _words(
        "Siân Carys Ffion Rhiannon Angharad Nia Bethan Lowri Mared Catrin Elin Seren Eleri Gwenllian Heledd Manon Megan "
        "Myfanwy Nerys Sioned Tegan Cerys Delyth Eluned Haf Llinos Mair Menna Olwen Rhian"
    ),
    _words(
        "Rhys Dylan Gethin Owain Iestyn Gareth Huw Aled Emyr Llŷr Ifan Gwilym Alun Arwel Bryn Dafydd Deiniol Eifion Emrys "
        "Geraint Gwyn Hywel Idris Ioan Lloyd Meirion Morgan Rhodri Steffan Tomos"
    ),
    _words(
        "Davies Evans Griffiths Llewellyn Prosser Bevan Rees Vaughan Pugh Powell Morgan ap-Rhys Gwynne Probert Beynon Bowen "
        "Cadwallader Eynon Gethin Gwilliam Havard Howell Jenkins Kyffin Lloyd Maddocks Mathias Meredith Nevitt Parry Penry Prydderch "
        "Rosser Tudor Trevor Wynne Watkins Yorath"
    ),
)
IRISH = Naming(
    4,
    _words(
        "Aoife Niamh Ciara Orlaith Saoirse Róisín Sinéad Gráinne Caoimhe Deirdre Maeve Bríd Aisling Bernadette Clodagh Dervla "
        "Eimear Fionnuala Fidelma Kathleen Mairead Noreen Nuala Oonagh Philomena Sorcha Treasa Una"
    ),
    _words(
        "Cillian Fionn Eoin Declan Padraig Niall Séamus Diarmuid Cormac Oisín Ruairí Brendan Aidan Ciarán Colm Conor Cathal "
        "Dermot Donal Eamon Fergal Finbar Gerard Kevin Malachy Oran Rory Tadhg"
    ),
    _words(
        "O'Brien O'Connor Murphy Byrne McCarthy Doyle Gallagher O'Sullivan Brennan McGuinness Nolan Keane Brady Cassidy Coyle "
        "Devlin Dempsey Donnelly Duffy Fahy Fallon Fitzgerald Flaherty Gaffney Geraghty Hanlon Hennessy Kavanagh Keating Kinsella "
        "Lafferty Loughran Maguire McGrath McNulty Moloney Mulligan O'Dowd O'Hara O'Rourke Quigley Rafferty Scanlon Sweeney Tierney Tobin"
    ),
)
SCOTTISH = Naming(
    3,
    _words(
        "Eilidh Mairi Catriona Shona Fiona Kirsty Morag Isobel Ailsa Mhairi Aileen Annag Beitris Elspeth Effie Ishbel Jean "
        "Kirsteen Lorna Maisie Moira Morven Rhona Senga Sheena Una"
    ),
    _words(
        "Hamish Fergus Callan Ruaridh Angus Lachlan Euan Alasdair Murdo Iain Alistair Archibald Blair Calum Craig Duncan Finlay "
        "Fraser Gregor Innes Keir Kenneth Magnus Niall Ranald Struan"
    ),
    _words(
        "MacDonald McKenzie Campbell Stewart Fraser McIntyre MacLeod Sinclair Urquhart McAllister Abercrombie Baird Buchan Cameron "
        "Carmichael Colquhoun Crawford Cumming Dalgleish Drummond Farquhar Forsyth Galbraith Geddes Gillespie Haldane Imrie Kerr "
        "Lamont Lennox MacBride MacInnes Maitland McCulloch McEwan McLean McPhee Menzies Moncrieff Munro Ogilvie Rankine Tulloch Wallace"
    ),
)
PAKISTANI = Naming(
    6,
    _words(
        "Aisha Fatima Zainab Maryam Khadija Sana Ayesha Nadia Shazia Rukhsana Samina Saima Hafsa Aaliyah Amna Anum Asma Azra "
        "Bushra Faiza Farah Fozia Hina Humaira Iqra Kiran Lubna Mahnoor Mehreen Mumtaz Nasreen Nazia Noreen Rabia Razia Rubina "
        "Sadia Safia Shabana Shahnaz Shaista Shamim Sumaira Tahira Uzma Yasmeen Zahra"
    ),
    _words(
        "Mohammed Ibrahim Yusuf Bilal Hamza Imran Tariq Asif Zubair Kamran Faisal Usman Haroon Aamir Abdul Adeel Adnan Ahsan "
        "Arshad Asad Atif Babar Danish Ejaz Fahad Ghulam Ijaz Irfan Jawad Junaid Kashif Khalid Majid Nadeem Naveed Nasir Qasim "
        "Rashid Rizwan Saeed Sajid Salman Shahid Shoaib Tahir Waqar Wasim Yasir Zahid Zeeshan"
    ),
    _words(
        "Khan Hussain Ahmed Malik Mahmood Iqbal Shah Mirza Qureshi Raja Butt Chaudhry Abbasi Akram Ali Anwar Arif Ashraf Aslam "
        "Aziz Baig Bashir Bhatti Dar Ghafoor Gul Hameed Hanif Hayat Janjua Javed Kayani Khalid Latif Mughal Nawaz Rafiq Rehman "
        "Saddiq Sarwar Sheikh Siddiqui Sultan Tanveer Yaqub Younis Zaman"
    ),
    passed_on="kept",
    women=_words(
        "Begum Bibi Akhtar Kausar Khan Parveen Malik Jabeen Shah Ahmed Ali Ashraf Aziz Bano Fatima Hussain Iqbal Javed Khanum "
        "Mahmood Nawaz Nisa Rafiq Rani Sadiq Shaheen Sultana Tabassum Yousaf"
    ),
)
BANGLADESHI = Naming(
    3,
    _words(
        "Nasreen Taslima Rabia Shirin Farzana Sultana Jannat Tahmina Rumana Afsana Amina Bilkis Dilruba Fahmida Halima Hasina "
        "Jahanara Jesmin Khaleda Lutfa Mahmuda Mina Momtaz Nargis Parul Rahela Rokeya Sabina Salma Shahida Shathi Sufia"
    ),
    _words(
        "Abdul Shafiq Rafiqul Habibur Kamal Nurul Jalal Mizanur Saiful Abu Aminul Anwar Ashraful Faruk Harun Iqbal Jamal Kabir "
        "Khairul Liton Mahbub Mamun Masud Monir Mostafa Nazrul Rashed Salim Shahin Shamsul Sirajul Tofazzul Zahirul"
    ),
    _words(
        "Miah Uddin Rahman Ali Choudhury Islam Hoque Alam Ahmed Akhand Bhuiyan Chowdhury Hannan Hasan Hossain Kabir Karim Khan "
        "Laskar Majumder Matin Mollah Mondal Quddus Rashid Rob Sarkar Sikder Talukdar Ullah"
    ),
    passed_on="own",
    women=_words(
        "Begum Khatun Akter Bibi Khanam Ara Aktar Banu Bithi Chowdhury Islam Jahan Khanom Nahar Nessa Parvin Rahman Yasmin"
    ),
)
INDIAN = Naming(
    4,
    _words(
        "Priya Anjali Simran Harpreet Meera Kavita Jaspreet Lakshmi Deepa Nisha Amrit Anita Asha Bhavna Daksha Gita Gurleen Hema "
        "Hetal Indira Jasmeet Jyoti Kalpana Komal Manpreet Navneet Neha Pooja Preeti Radha Rekha Rupinder Sangita Shilpa Sonal "
        "Sukhjit Sunita Tejal Usha Vandana"
    ),
    _words(
        "Arjun Rohan Gurpreet Harjit Vikram Sanjay Rajesh Manjit Amit Kiran Ajay Anil Ashok Balbir Bhavesh Chetan Deepak Dilip "
        "Gurdeep Hardeep Hitesh Jagdish Jaswinder Jitendra Karan Kulwant Mahesh Mukesh Nikhil Paresh Prakash Ravi Sandeep Satnam "
        "Suresh Sukhdev Tarun Vijay Vinod"
    ),
    _words(
        "Patel Singh Sharma Desai Gill Sandhu Mehta Krishnan Dhillon Agarwal Bains Bhatt Chauhan Chopra Dave Dosanjh Gandhi Grewal "
        "Gupta Iyer Jadeja Joshi Kapoor Lad Mistry Nair Panchal Parmar Pillai Rai Rana Rao Sahota Shah Sidhu Solanki Thakkar Trivedi Vaghela Vyas"
    ),
    women=_words(
        "Patel Kaur Sharma Desai Gill Sandhu Mehta Agarwal Bains Bhatt Chauhan Dave Gandhi Gupta Iyer Joshi Lad Mistry Nair Parmar "
        "Pillai Rai Rana Rao Shah Solanki Thakkar Trivedi Vyas"
    ),
)
NIGERIAN = Naming(
    3,
    _words(
        "Adaeze Chiamaka Folasade Temitope Ngozi Blessing Ifeoma Yetunde Oluwatoyin Amarachi Abimbola Adaobi Amaka Bukola Chidinma "
        "Chioma Ebele Efe Eniola Esther Funmilayo Grace Halima Kehinde Mercy Nkechi Obioma Omolara Ronke Sade Titilayo Uju Zainab"
    ),
    _words(
        "Oluwaseun Chinedu Babatunde Emeka Tunde Femi Ikenna Olumide Obinna Adekunle Abiodun Adebola Ayodele Chibueze Chidi Chukwuma "
        "Dapo Ebuka Gbenga Ifeanyi Kelechi Kunle Musa Nnamdi Okechukwu Osagie Rotimi Segun Sunday Taiwo Uche Wale Yakubu"
    ),
    _words(
        "Okafor Adeyemi Olawale Nwosu Eze Adebayo Okonkwo Balogun Ogunleye Nwachukwu Abubakar Adeleke Afolabi Agbaje Akande Akinola "
        "Anyanwu Bello Chukwu Danjuma Edet Ekwueme Fashola Ibekwe Idowu Igwe Iwu Lawal Madu Nwankwo Obi Odukoya Ogbonna Ojo Oladipo "
        "Onyeka Oyelaran Sowande Udo Uzor"
    ),
)
WEST_AND_SOUTHERN_AFRICAN = Naming(
    1,
    _words(
        "Abena Efua Makena Thandiwe Akosua Nomvula Rudo Wanjiru Ama Adwoa Chipo Fatou Lindiwe Nyasha Precious Tsitsi Yaa Zanele"
    ),
    _words(
        "Kwame Kofi Tendai Sipho Kwabena Themba Farai Yaw Tapiwa Bongani Ebo Kwesi Lamin Mandla Munashe Ousman Simba Thabo"
    ),
    _words(
        "Mensah Boateng Moyo Dlamini Osei Ncube Asante Addo Agyeman Appiah Banda Bangura Chikwanda Darko Gumbo Jallow Kamara "
        "Khumalo Mabika Mutasa Ndlovu Nkosi Ofori Opoku Owusu Phiri Sesay Sibanda Tembo Zulu"
    ),
)
SOMALI = Naming(
    2,
    _words(
        "Hodan Ifrah Sagal Hibo Ayaan Fadumo Hamdi Ubah Amran Asli Deqa Fowsia Halimo Hawa Idil Khadra Ladan Nimco Sahra Zamzam"
    ),
    _words(
        "Abdirahman Mahad Liban Warsame Guled Abdi Farah Hassan Jama Abdullahi Ahmed Bashir Cabdi Dahir Elmi Faarah Geedi Hirsi "
        "Ibrahim Ismail Jibril Khadar Mohamud Muse Nuur Omar Osman Salad Shire Yusuf"
    ),
    _words(
        "Warsame Farah Abdi Jama Hersi Nur Yusuf Egal Adan Ali Awale Barre Dirie Duale Elmi Gedi Guled Hashi Isse Mire Roble Samatar"
    ),
    passed_on="father",
)
ARABIC = Naming(
    2,
    _words(
        "Layla Noor Rania Huda Yasmin Salma Amal Rasha Aya Dalia Dina Farida Ghada Hanan Iman Jamila Lina Maha Mona Nada Rana Reem Samar Widad"
    ),
    _words(
        "Omar Khalid Karim Mahmoud Sami Walid Anas Tarek Ammar Bassam Fadi Hadi Hisham Ihab Jamal Majd Mazen Munir Nabil Rami Saad Tamer Yahya Ziad محمد"
    ),
    _words(
        "Al-Hassan Haddad Mansour El-Sayed Nasser Khalil Al-Jabouri Darwish Abboud Al-Amin Al-Masri Attar Awad Aziz Bakri Bishara "
        "El-Khoury Fakhri Hamdan Ibrahim Jaber Kassab Mahfouz Nasir Qasim Rashed Saleh Shaheen Suleiman Zaki حداد"
    ),
    passed_on="kept",
)
POLISH = Naming(
    4,
    _words(
        "Agnieszka Katarzyna Zofia Magdalena Małgorzata Hanna Julia Ewa Joanna Alicja Aleksandra Anna Barbara Beata Bożena Danuta "
        "Dorota Elżbieta Grażyna Halina Iwona Izabela Justyna Karolina Kinga Lidia Maja Marta Natalia Oliwia Patrycja Renata Sylwia Urszula Wiktoria Zuzanna"
    ),
    _words(
        "Piotr Krzysztof Jakub Wojciech Marek Tomasz Łukasz Paweł Szymon Mateusz Adam Andrzej Artur Bartosz Damian Dariusz Filip "
        "Grzegorz Henryk Jacek Janusz Jarosław Kacper Kamil Leszek Maciej Marcin Michał Mirosław Norbert Patryk Rafał Robert Sebastian Stanisław Zbigniew"
    ),
    _words(
        "Kowalski Nowak Wiśniewski Zieliński Dąbrowski Wójcik Kamiński Lewandowski Mazur Krawczyk Adamczyk Baran Borkowski Chmielewski "
        "Czarnecki Duda Głowacki Górski Jabłoński Jankowski Jaworski Kaczmarek Kalinowski Król Kubiak Kucharski Laskowski Majewski "
        "Malinowski Michalski Nowicki Olszewski Ostrowski Pawlak Piotrowski Rutkowski Sikora Sobczak Stępień Szczepański Tomczak Urbański Walczak Witkowski Zawadzki"
    ),
    passed_on="gendered",
)
UKRAINIAN = Naming(
    1,
    _words(
        "Oksana Iryna Olena Nataliia Solomiia Yuliia Daryna Kateryna Sofiia Alina Anastasiia Halyna Liudmyla Mariia Nadiia Tetiana Viktoriia Zoriana"
    ),
    _words(
        "Oleksandr Dmytro Andrii Serhii Mykola Bohdan Taras Ivan Maksym Anatolii Artem Denys Ihor Kyrylo Nazar Oleh Pavlo Roman Vasyl Yurii"
    ),
    _words(
        "Kovalenko Shevchenko Bondar Melnyk Tkachenko Kravchuk Boiko Hrytsenko Ivanchuk Klymenko Kozak Lysenko Marchenko Moroz "
        "Oliinyk Pavlenko Polishchuk Romanenko Rudenko Savchenko Shvets Sydorenko Tymoshenko Vasylenko Zaiets"
    ),
)
SOUTHERN_AND_EASTERN_EUROPEAN = Naming(
    2,
    _words(
        "Ioana Andreea Elena Giulia Ana Beatriz Zuzana Inês Alexandra Carmen Chiara Daniela Gabriela Ivana Larisa Lucia Mariana Mihaela Rita Simona Teodora Valentina Veronika Zoë"
    ),
    _words(
        "Andrei Mihai João Luca Ștefan Matteo Tiago Ondrej Alexandru Bogdan Cristian Diogo Florin Gheorghe Ionuț Jozef Lorenzo Marco Miguel Nicolae Radu Rui Tomáš Vlad"
    ),
    _words(
        "Popescu Ionescu Ferreira Rossi da-Silva Horváth Țurcanu Conti Almeida Barbosa Bianchi Carvalho Constantin Costa Dobre Dumitru "
        "Esposito Fernandes Gomes Kováč Lungu Marin Munteanu Novák Pereira Petrescu Ricci Rodrigues Romano Rusu Santos Stan Stoica Ungureanu Varga"
    ),
)
CHINESE = Naming(
    1,
    _words(
        "Mei Xiuying Yan Hui Jia Xiaoling Wai-Yee Lihua Fang Bingbing Chunhua Dan Hong Jing Ka-Yan Lan Min Na Qian Shan Ting Xue Ying Yuk-Ling"
    ),
    _words(
        "Wei Jun Hao Chen Lei Ka-Ming Zhiyuan Bo Tao Bin Chi-Keung Dong Feng Gang Hai Jian Kai Liang Ming Peng Qiang Shun Tian Yong"
    ),
    _words(
        "Wang Chen Lam Cheung Wong Zhang Liu Chan Chow Deng E Fan Gao He Huang Kwok Lau Leung Li Lin Lu Ma Ng Pan Sun Tang Tse Wu Xu Yang Yip Zhao Zhou"
    ),
    passed_on="kept",
)
VIETNAMESE = Naming(
    1,
    _words(
        "Linh Thảo Ngọc Hương Trang Phương Hạnh Mai Yến Anh Bích Châu Diệp Giang Hà Hiền Hoa Lan Loan My Nga Nhung Oanh Quỳnh Thu Vân Xuân"
    ),
    _words(
        "Minh Tuấn Quang Đức Hùng Bảo Dũng Khoa Long An Cường Duy Hải Hiếu Hoàng Huy Khánh Lâm Nam Phong Phúc Sơn Tài Thắng Thành Trung Việt"
    ),
    _words("Nguyễn Trần Phạm Lê Hoàng Võ Bùi Đặng Đinh Đỗ Dương Hồ Huỳnh Lý Ngô Phan Trương Vũ"),
    passed_on="kept",
)
NAMINGS = (
    BRITISH, WELSH, IRISH, SCOTTISH, PAKISTANI, BANGLADESHI, INDIAN, NIGERIAN, WEST_AND_SOUTHERN_AFRICAN,
    SOMALI, ARABIC, POLISH, UKRAINIAN, SOUTHERN_AND_EASTERN_EUROPEAN, CHINESE, VIETNAMESE,
)  # fmt: skip

SHORT_FORMS = {
    "Elizabeth": "Liz", "Katherine": "Katie", "Victoria": "Vicky", "Samantha": "Sam", "Rebecca": "Becky",
    "Jessica": "Jess", "Charlotte": "Lottie", "Abigail": "Abbie", "Margaret": "Maggie", "Patricia": "Pat",
    "Susan": "Sue", "Deborah": "Debbie", "Jacqueline": "Jackie", "Christine": "Chris", "Florence": "Flo",
    "Thomas": "Tom", "William": "Will", "James": "Jim", "Daniel": "Dan", "Joshua": "Josh", "Stephen": "Steve",
    "Andrew": "Andy", "Christopher": "Chris", "Matthew": "Matt", "Robert": "Rob", "Michael": "Mike",
    "David": "Dave", "Kenneth": "Ken", "Edward": "Eddie", "Benjamin": "Ben", "Samuel": "Sam", "Joseph": "Joe",
    "Alexander": "Alex", "Anthony": "Tony", "Nicholas": "Nick", "Richard": "Rick", "Mohammed": "Muhammad",
    "Yusuf": "Yousef", "Oluwaseun": "Seun", "Temitope": "Temi", "Katarzyna": "Kasia", "Agnieszka": "Aga",
    "Oleksandr": "Sasha", "Krzysztof": "Chris",
}  # fmt: skip
"""How an invented clerk may have written a given name instead."""

STREETS = (
    "Mill Lane", "Tanner's Row", "Chapel Street", "Weir Road", "Ropewalk", "Larch Avenue", "Canal Bank",
    "Beech Grove", "Foundry Street", "Station Road", "Priory Close", "Orchard Way", "Quarry Hill",
    "Bleachworks Lane", "Moss Side", "Cinder Path", "Union Street", "Harebell Drive", "Kingfisher Court",
    "Viaduct Road", "St Wystan's Terrace", "Old Hall Gardens", "Cooper's Yard", "Lock Cottages",
)  # fmt: skip
PLACES = (
    "Weirham", "Tannerley", "Mossford", "Larchbridge", "Priorsgate", "Canalside", "Quarrybank", "Harebell Green",
    "Nether Northshire", "Ropery", "Foundry End", "Viaduct",
)  # fmt: skip
"""The towns and villages of Northshire; the first is postcode district NX1, and so on."""
