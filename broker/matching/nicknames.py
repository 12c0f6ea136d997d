"""Given names that one person may go by: short forms and spellings, as used in the United Kingdom.

Compiled for this project from common usage. Each line is one name; a name may stand in several lines, and
is then a form of each of them (Alex of Alexander and of Alexandra), which does not make those two one name.
All is folded: small letters, no accents or apostrophes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

_LINES = """
aaron aron arran ron ronnie
abdul abdool abdel abd abdal
abdullah abdallah abdulla abdulah
abdulrahman abdurrahman abdirahman abdulrehman
abigail abbie abby abi gail abbey abigale
adam ad adem
adebayo bayo ade
adekunle kunle ade
adeola ola ade
agnes aggie nessa
ahmed ahmad ahmet achmed
aidan aiden aden
aisha ayesha aysha aishah ayisha ayshah aishat
alan allan allen alun al
albert bert al albie bertie
alexander alex alec al sandy xander lex aleksander alexandros alasdair
alexandra alex sandra alexa lexi lexie sandy aleksandra sasha
alfred alf fred alfie freddie alfy
alison ali allison alyson
amanda mandy manda
amelia millie amy mia emelia milly
amina aminah aamina ameena
andrew andy drew andre andrzej andreas
angela angie ange angelina
ann anne annie anna nan ana
anthony tony antony anton ant antoni
antonia toni tonia
archibald archie baldie
arthur art artie
barbara barb babs barbie basia
barry baz barrie
bartholomew bart
beatrice bea beattie trixie bee beatrix
benjamin ben benny benji benjy
bernadette bernie detta
bernard bernie barney
bethany beth bethan
bradley brad
brendan brendon
bridget bridie biddy bridie brigid brid breda
bronwen bron bronwyn
caitlin kaitlin katelyn kaitlyn catelyn caitlyn kait cait
callum calum cal callam
cameron cam camron
caroline carol carrie caro lina karolina carolyn
catherine katherine kathryn catharine cathryn katharine kate katie cathy kathy kath cath kitty kat katy \
katarzyna kasia kathleen ekaterina
charles charlie chas chuck chaz charley
charlotte charlie lottie lotte charley char
chinedu nedu
chloe khloe cloe
christian chris christiaan
christina chris tina chrissie kristina christine chrissy krystyna
christopher chris kit topher kris christoph
ciaran kieran keiran kieron kiaran
claire clare clair klara clara
clifford cliff
connor conor conner con
courtney kourtney
craig kraig
cynthia cindy
daniel dan danny daniyal danyal
danielle dani danni ellie
darren daz darran
david dave davey davie dai dawid dewi dafydd
deborah debbie debra deb debs
declan dec
dennis den denis denny
derek del derrick
dominic dom dominick dominik nic
donald don donnie
dorothy dot dottie dolly dora
douglas doug dougie
dylan dillon dylon
edith edie
edmund ed ted eddie
edward ed eddie ted teddy ned eddy
eileen aileen ilene
eleanor ellie nell nora elle elinor ella lenny eleanora elena
elizabeth liz beth lizzie betty eliza bess elisabeth libby lisa betsy liza lizzy elspeth elzbieta bessie \
lilibet
ellen nell nellie ellie helen
emily em emmy millie emilia
emma em emmie ema
eric erik
ernest ernie
ethan ethen
eugene gene
evelyn eve evie lyn
ewan euan ewen euen
faisal faysal feisal
fatima fatimah fatema fathima fatma fatoumata fatou
fiona fi ffion
florence flo florrie flossie
frances fran francesca frankie fanny francine frannie
francis frank frankie fran francesco franciszek
frederick fred freddie freddy frederic fredrick
gabriel gabe gabby
gabrielle gabby gaby gabriella gabi ella
gareth gaz garth
gary garry gaz gazza
geoffrey geoff jeff jeffrey geoffery
george georgie geordie jorge jerzy
georgina georgie gina georgia georgiana
gerald gerry jerry ged
gerard gerry ged gerrard
gillian gill jill jillian gilly
glenn glen glyn
grace gracie grainne
graham graeme grahame
grzegorz greg
gregory greg gregor gregg
gurpreet gurprit preet
gwendolyn gwen wendy gwenda
hannah hanna han
harold harry hal
harriet hattie harri harriett
harrison harry harris
hassan hasan hassaan
heather hev
helen helena nell elena ellen
henry harry hal hank henri
howard howie
hugh hughie hugo huw
humphrey humph
hussein hussain husain husayn hossain hussayn hossein
ibrahim ebrahim ibraheem abraham brahim
ifeoma ify ifey
imogen immy immie imo
irene rene irena
isaac ike zac isaak ishaq
isabel isabelle isobel izzy bella isabella belle issy ysabel izabela ishbel
ismail ismaeel ismael esmail
jack jackie jac
jacob jake jacub jakub
jacqueline jackie jacqui jac jacquelyn
jade jayde
jaime jamie jaimie jayme
james jim jimmy jamie jem jimmie
jane janie jayne jan
janet jan jannet netta
jasmine jaz jazz yasmin jasmin jazmin yasmine jasmyn
jason jay jase
jayden jaden jaydon jaiden jaydan
jean jeanie jeanette
jennifer jen jenny jennie jenni jenifer
jeremy jez jerry jem
jessica jess jessie jessy jesse
joan joanie
joanna jo joanne joann johanna jojo
john jon johnny jack johnnie jonny johan jan ivan giovanni juan
jonathan jon jonny johnathan jonathon jono nathan
jordan jordon jordy jordyn
joseph joe joey jo josef jozef yusuf yousef yousuf jose giuseppe
josephine jo josie joey josefine fifi
joshua josh joshuah
joyce joy
judith judy jude jodie
julia julie jules
julian jules jools
karen karin karyn caren kaz
kathleen kath kathy kathlene cathleen kay
katrina trina catriona katriona
kayleigh kayley kaylee kayla keighley
kelly kellie kel
kenneth ken kenny
kevin kev kevan
khadija khadijah khadeeja kadija khadeja
kimberley kim kimberly kimmy
kirsty kirsten kirstie kirstin
krzysztof kris chris krzys
kwame kwami
kyle kile
laura lora laurie
lauren laurie loren lauryn
lawrence larry lawrie laurence laurie loz
leanne leann lianne leigh
lee leigh li
leonard len lenny leo leon
leslie les lesley
lewis lou louis lew luis
lillian lily lil lilian lilly liliana
linda lin lynda lyn lindy
louise lou lulu louisa
lucy lucie luce lucinda lucia lucille
luke lucas luc lukasz
lydia lyddie
lynne lyn lynn linn
mackenzie mckenzie kenzie
madeleine maddie maddy madeline madelaine
magdalena maggie magda lena
malcolm malc mal
malgorzata gosia margaret
marcus mark marc marek markus
margaret maggie meg peg peggy marge margie rita greta madge margot mags daisy margret mairead maisie megan
maria marie mary ria
marian marion marianne
marilyn lyn marylyn
mark marc marcus
martin marty martyn
martha marty mattie
mary molly polly may marie maria mamie mhairi moira maureen
maryam mariam maryum marium miriam meryem
matthew matt matty mathew mateusz
matilda tilly tilda mattie mathilda
maureen mo maura moreen
maurice mo morris
maxwell max
maximilian max
megan meg meghan meggie
melanie mel
melissa mel lissa missy
mia maya mya
michael mike mick micky mickey mikey michal micheal mitch michail mihai
michelle shell michele chelle shelley
mildred millie milly
mitchell mitch
mohammed muhammad mohamed mohammad muhammed mohamad muhamed mohd md mo mohamud mahomed muhammet mehmet \
mohammod mahammad muhamad
molly mollie moll
morgan morgen
mustafa mustapha moustafa mostafa
naomi nomi noemi
natalie nat nattie natalia nathalie
natasha tasha nat natascha natalya
nathan nate nat nathen
nathaniel nathan nat nate nathanael
neil neal niall nial neill
ngozi goz
niamh neve neave
nicholas nick nicky nicolas nico nik mikolaj
nicola nicky nikki nic nicki nichola nicole niki
nigel nige
noor nur noora nour
norah nora norma
norman norm
nusrat nusrath
oliver ollie olly oli
olivia liv livvy olive livia liv
olufemi femi olu
oluwaseun seun olu oluseun
oluwatobi tobi tobiloba
oluwaseyi seyi
oluwatosin tosin
omar umar omer umer
osman usman uthman othman
oscar oskar ossie
owen eoin owain
pamela pam pammy
patricia pat trish tricia patsy patty trisha paddy
patrick pat paddy padraig rick patryk
paul pauly pawel paolo pablo
paula pauline polly
penelope penny pen
peter pete piotr petr pedro
philip phil phillip pip filip
philippa pippa pip phillipa phil
phoebe pheobe phebe
phyllis phyl
piotr peter petr
priscilla cilla prissy
rachel rach rachael raquel rachelle
ramesh ram
raymond ray
rebecca becky becca bex rebekah beck bec rivka
reece rhys rees reese
reginald reg reggie rex
reuben ruben rueben
rhiannon rhi
richard rick dick ricky rich richie dickie ritchie ryszard
robert bob rob bobby robbie bert robin rab roberto
roberta bobbie robbie
rodney rod
roger rodge
roland rollo rowland
ronald ron ronnie
rosalind ros rosie
rose rosie rosa
rosemary rose rosie romy rosemarie
roxanne roxy
ruairi rory ruaridh rauri
rupert rupe
russell russ
ruth ruthie
ryan rian
said saeed sayed saied syed saeid
saoirse sersha seersha
samantha sam sammy sammie
samuel sam sammy sammie
sandra sandy sandie
sarah sara sally sadie zara
sean shaun shawn shane seaghan
sebastian seb bas basti
shannon shan
sharon shaz shazza sharron
sheila shelagh sheelagh sile
shirley shirl
sidney sid sydney
simon si
siobhan shivaun shevaun chevonne shivon siobahn shavon
sofia sophia sophie sofie zofia
solomon sol solly suleiman sulaiman suleman suleyman
sonia sonya sonja
stacey stacy stace anastasia
stanley stan
stella estelle
stephanie steph stef stephie stefanie steffi
stephen steven steve stevie stephan stefan ste
stuart stewart stu stew
susan sue suzanne susie suzie suzy susannah susanna zuzanna
sylvia silvia sylvie
taiwo taiye
tamara tammy tam
tariq tarik tareq tarek
terence terry terrence tel terrance
teresa theresa terry tess tessa therese
theodore theo ted teddy
thomas tom tommy thom tomasz tam tomas
tiffany tiff
timothy tim timmy timmothy
tobias toby tobi
tracey tracy trace tracie
trevor trev
tyler tylor
ursula uschi
valerie val
vanessa nessa ness
vera verity
veronica vera ronnie ron weronika
vernon vern
victor vic viktor
victoria vicky tori vicki vikki vic tory viktoria vickie wiktoria
vincent vince vin vinny
violet vi
vivian viv vivienne vivien
walter wal walt wally
wayne dwayne duane
wendy wend
wilfred wilf fred wilfrid
william bill will billy willie wills wil willy gwilym wilhelm
winifred winnie freda win
wojciech woj
yahya yahia yehia
yasmin yasmeen yasmine yasemin jasmin
yewande wande
yusuf yousef youssef yousuf yusef yousif yosef yousaf yussuf joseph
yvonne von evonne
zachary zach zac zak zack zachariah zakariya zakaria
zainab zaynab zeinab zeynep zaineb
zoe zoey zowie
"""


def _lines_by_name(text: str) -> Mapping[str, frozenset[int]]:
    lines: dict[str, set[int]] = defaultdict(set)
    for number, line in enumerate(text.replace("\\\n", "").strip().splitlines()):
        for name in line.split():
            lines[name].add(number)
    return {name: frozenset(numbers) for name, numbers in lines.items()}


_LINES_OF = _lines_by_name(_LINES)
_NOWHERE: frozenset[int] = frozenset()


def are_forms_of_one_name(one: str, other: str) -> bool:
    """Whether two folded given names can be one: "bill" and "william", "yusuf" and "yousef"."""
    return not _LINES_OF.get(one, _NOWHERE).isdisjoint(_LINES_OF.get(other, _NOWHERE))


def other_forms_of(name: str) -> tuple[str, ...]:
    """The other names of every line that a folded name stands in, sorted; none when it stands in none."""
    lines = _LINES_OF.get(name, _NOWHERE)
    return (
        tuple(sorted(other for other, its in _LINES_OF.items() if its & lines and other != name))
        if lines
        else ()
    )
