"""How common a name is in the United Kingdom, roughly: to agree on "Smith" says little.

The order follows what is publicly known of the most common names (Office for National Statistics baby-name
and surname ranks, all ages together). The shares are approximations made for this project: a few anchor
shares, and between them a straight fall on a logarithmic scale. Names that are not listed are rarer than the
last of each list.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

_FAMILY_NAMES = (
    "smith jones williams taylor brown davies evans thomas wilson johnson roberts robinson thompson "
    "wright walker white edwards hughes green hall lewis harris clarke patel jackson wood turner martin "
    "cooper hill ward morris moore clark lee king baker harrison morgan khan allen james scott phillips "
    "watson davis parker price bennett young griffiths mitchell kelly cook carter richardson bailey "
    "collins bell shaw ahmed murphy miller cox richards marshall singh simpson anderson hussain adams "
    "wilkinson ali foster ellis murray chapman mason rogers gray hunt holmes campbell kaur palmer lloyd "
    "mills robertson matthews stewart begum fisher barnes knight butler powell barker harvey stevens "
    "russell dixon lawrence fletcher graham pearson gibson reid andrews howard saunders walsh elliott "
    "reynolds fox payne ford pearce day brooks lawson west cole atkinson rose bradley spencer burton "
    "dawson hart wells booth perry rees watts hudson armstrong miah macdonald burns webb carr hamilton "
    "hayes byrne ryan oneill obrien osullivan mccarthy doyle nowak kowalski shah rahman islam hassan "
    "mohamed akhtar iqbal malik chaudhry mahmood begum bibi "
)
_GIVEN_NAMES = (
    "david john paul james michael andrew mark robert susan stephen sarah peter christopher daniel "
    "richard thomas margaret elizabeth william matthew emma claire karen nicola jennifer helen joanne "
    "patricia simon alison julie jacqueline deborah linda tracey jane rebecca laura christine angela "
    "samantha mary amanda anthony mohammed kevin ian gary steven martin jonathan jack joshua adam ryan "
    "benjamin samuel alexander joseph george charlotte jessica emily sophie lauren hannah victoria rachel "
    "lisa sharon michelle catherine louise amy chloe lucy katie olivia ellie philip alan graham nicholas "
    "lee neil stuart jason craig darren carl scott dean wayne colin keith brian kenneth barbara carol "
    "sandra kelly janet ann anne jean maureen sheila dorothy joan pamela gillian wendy lesley diane jill "
    "katherine kathryn natalie kirsty gemma stephanie leanne zoe danielle megan bethany georgia grace "
    "holly abigail molly amelia isabella ella mia ava lily oliver harry charlie jake luke liam connor "
    "callum nathan jordan lewis kieran kyle aaron jamie sean shaun henry edward charles patrick timothy "
    "jacob ethan dylan logan noah oscar muhammad mohamed mohammad ali ahmed fatima aisha maria anna julia "
    "ruth heather teresa dawn lynn marie valerie ben tom sam alex kate "
)

_FURTHER_GIVEN_NAMES = (
    "aaliyah aaminah abel abiola adele adriana aiden ailsa alana alanna alba alessia alexia alice "
    "alicia alina alistair alma alyssa amara amaya amber amina amir amira amirah ana anaya andrea "
    "angel angus anika anisa anita annabel annabelle anneliese anya archer aria ariana ariella arlo "
    "arran arthur arya asher ashley ashton astrid athena aubrey audrey august aurora austin ava avery "
    "ayaan ayah ayla bailey beau bella bethan betsy bianca blake bobby bodhi bonnie brandon brayden "
    "bridie brody brooke bryan bryn byron caden caleb callie camila cara carla carly carmen carter "
    "casey cassidy cassius catrin cayden cecilia celeste celia chad chantelle chase chelsea cheryl "
    "ciara clara clarissa clayton cody cohen conor cora coral cordelia courtney crystal daisy dakota "
    "dale damian damon dana daniela danika dante darcey darcy daria darius davina deacon declan "
    "delilah delphine demi denise dennis desmond dexter diana diego dina dominic donna dora dorian "
    "doris douglas duncan dylan eamon eden edie edith effie elaina elaine elan eleanor elena eleni eli "
    "elias elijah elin elina eliot elisa elise eliza ella elle ellen elliot elliott ellis elodie "
    "eloise elsa elsie elspeth ember emilia emmett emmie enid enzo erica erin esme esther eva evan "
    "evangeline eve evelyn evie ewan ezra faith farah faris faye felicity felix fern finlay finley "
    "finn fiona fletcher flora florence frank frankie fraser freddie freya gabriel gabriella gabrielle "
    "gareth gavin gaynor gethin gia gina gloria gracie greta gwen gwyneth habib hadi hadley hafsa "
    "haider hailey hakim halima halle hallie hamish hana hania hanna hannan harley harlow harper "
    "harriet harris harrison harvey hasan hashim hassan hayden hayley heath heidi helena henrietta "
    "hetty hollie honor hope hudson hugh hugo hussain ian ibrahim ida idris imani imogen india ines "
    "ioan iona ira irene iris isaac isabel isabelle isha isla ismail ivan ivor ivy jackson jacqueline "
    "jaden jago jaiden jaime jamal jamila janice jared jasmin jasmine jasper javier jaxon jay jayden "
    "jaylen jayne jeremiah jeremy jerome jesse jodie joel johanna jolene jonas jordana josephine josie "
    "joy joyce juan jude judith julian juliet june juno kadeem kai kaiden kaira kairo kamil kara karim "
    "karl karma katya kaya kayden kayla keeley keira keisha kelvin kendra kerry khadija khalid kian "
    "kiana kiera kieron kim kimberley kira kirk kit koa kobe kristina kurt kyla kyra lacey laila lana "
    "lara lars latoya layla layton lea leah leanna leena leia leila lena lennon lenny leo leon leona "
    "leonie leroy leslie levi liana lilah lilia lina lionel lisa liv livia liya lloyd logan lois lola "
    "lorenzo lorna lorraine lottie louie luana luca lucia lucian lucien luna lydia lyla lyra mabel "
    "mackenzie macy maddie maddison madison mae maeve magda maia maisie malachi malaika malcolm malika "
    "mara marcel marco marcus margot mariam mariana marina marion marissa marlon marlowe marnie martha "
    "martina mason matilda maude maurice mavis max maxwell maya mckenzie melanie melissa melody mercy "
    "meredith micah mila milan mildred miles millie mina minnie mira miriam moira mollie mona monica "
    "morgan morwenna muna muriel mya myla myles myra nadia nadine naia naima naomi nasir nasra natasha "
    "nathaniel ned nell nellie nerys neve nia niall nicole nigel nikhil nina noel nola nora norma nova "
    "nyla ocean odin ola olga olive ollie orla orlando orson otis otto owen paige paloma pandora "
    "parker patience paula pauline pearl penelope penny percy perry petra phoebe phyllis pippa polly "
    "poppy preston primrose priya quinn rachael rafael rafe raheem raihan ralph ramona raphael raven "
    "raya rayan rayyan reece reggie reid remi remy rene reuben rex rhea rhiannon rhys ria riley rio "
    "riya roberta robin robyn rocco rohan roisin roland roman romeo romy ronan rory rosa rosalie "
    "rosalind rose rosie rowan roy ruby rudy rufus rupert russell ryder rylan saad sabina sabrina "
    "sadie safa saffron sage sahara sakina salma salman sami samir samira sana sanjay santiago santino "
    "saoirse sara sasha saskia savannah sawyer scarlett sebastian selena selina serena seth shania "
    "shannon shelby sheldon shirley shona sian sidney sienna silas simone skye skyla sofia sol solomon "
    "sonia sonny spencer stacey stanley stella stewart stuart summer sunny susanna sydney sylvia "
    "tabitha tahir tallulah tamara tamsin tanya tara tariq tatiana tegan terence teya thalia thea theo "
    "theodore theresa tia tiana tiffany tilly tobias toby todd tommy tonya travis trent tristan troy "
    "tyla tyler tyra tyrese ulrika una ursula valentina vanessa vera verity veronica vincent viola "
    "violet vivian vivienne wade walter warren wendy wesley wilbur wilfred willa willow winifred "
    "winston wren wyatt xanthe xavier yara yasmin yasmina yolanda yvette yvonne zachariah zahra zaid "
    "zain zaina zainab zane zara zaria zayan zayd zayn zaynab zendaya zina zion zuri "
)

_FAMILY_ANCHORS = ((1, 0.0115), (10, 0.0033), (50, 0.0016), (200, 0.0006))
_GIVEN_ANCHORS = ((1, 0.0150), (10, 0.0090), (50, 0.0040), (220, 0.0008))
"""Rank, and the share of all people who bear the name of that rank."""


def _shares(names: str, anchors: Sequence[tuple[int, float]]) -> Mapping[str, float]:
    ranked = dict.fromkeys(names.split())
    return {name: _share(rank, anchors) for rank, name in enumerate(ranked, start=1)}


def _share(rank: int, anchors: Sequence[tuple[int, float]]) -> float:
    for (above, more), (below, less) in pairwise(anchors):
        if above <= rank <= below:
            return more * math.pow(less / more, (rank - above) / (below - above))
    raise ValueError(f"rank {rank} is below the last anchor")


FAMILY_NAME_SHARES: Mapping[str, float] = _shares(_FAMILY_NAMES, _FAMILY_ANCHORS)
GIVEN_NAME_SHARES: Mapping[str, float] = _shares(_GIVEN_NAMES, _GIVEN_ANCHORS)
KNOWN_GIVEN_NAMES = frozenset(GIVEN_NAME_SHARES) | frozenset(_FURTHER_GIVEN_NAMES.split())
"""Names that are nobody's slip of the pen: where two look alike (Jayden, Hayden), two people may be meant."""
UNLISTED_FAMILY_NAME = 0.0003
UNLISTED_GIVEN_NAME = 0.0005
"""What an unlisted name is taken to be: above the floor of 2e-4, because a short list misses many names."""
