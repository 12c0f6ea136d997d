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
UNLISTED_FAMILY_NAME = 0.0003
UNLISTED_GIVEN_NAME = 0.0005
"""What an unlisted name is taken to be: above the floor of 2e-4, because a short list misses many names."""
