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
ademola demola
adeola ola ade
aderonke ronke
adesola sola
agnes aggie nessa
agnieszka aga agusia agnes
ahmed ahmad ahmet achmed
aidan aiden aden
aisha ayesha aysha aishah ayisha ayshah aishat
alan allan allen alun al
albert bert al albie bertie
aleksandra ola olenka
alexander alex alec al sandy xander lex aleksander alexandros alasdair
alexandra alex sandra alexa lexi lexie sandy aleksandra sasha
alfred alf fred alfie freddie alfy
alison ali allison alyson
amanda mandy manda
amelia millie amy mia emelia milly
amina aminah aamina ameena
anastasiya anastasia anastasija nastya nastia asia
andrew andy drew andre andrzej andreas
angela angie ange angelina
ann anne annie anna nan ana
anthony tony antony anton ant antoni
antonia toni tonia
aoife eefa ifa aife
archibald archie baldie
arthur art artie
axmed ahmed
ayodeji ayo deji
ayomide ayo mide
babajide jide
babatunde tunde
barbara barb babs barbie basia
barry baz barrie
bartholomew bart
beatrice bea beattie trixie bee beatrix
benjamin ben benny benji benjy
bernadette bernie detta
bernard bernie barney
bethany beth bethan
bolanle bola
bradley brad
brendan brendon
bridget bridie biddy bridie brigid brid breda
bronwen bron bronwyn
caasha aisha asha
cabdi abdi
cabdulahi abdullahi abdullah
caitlin kaitlin katelyn kaitlyn catelyn caitlyn kait cait
cali ali
callum calum cal callam
cameron cam camron
caoimhe keeva kiva quiva
caroline carol carrie caro lina karolina carolyn
catherine katherine kathryn catharine cathryn katharine kate katie cathy kathy kath cath kitty kat katy \
katarzyna kasia kathleen ekaterina
charles charlie chas chuck chaz charley
charlotte charlie lottie lotte charley char
cheikh sheikh
chiamaka amaka
chidera dera
chidiebere chidi ebere
chijioke jioke
chinedu nedu
chinedu nedu edu
chinonso nonso
chinwe chinwendu
chloe khloe cloe
christian chris christiaan
christina chris tina chrissie kristina christine chrissy krystyna
christopher chris kit topher kris christoph
chukwudi chudi
chukwuemeka emeka chuks
cian kian kean
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
dmytro dmitri dmitry dmitriy dima
dominic dom dominick dominik nic
donald don donnie
dorothy dot dottie dolly dora
douglas doug dougie
dylan dillon dylon
edith edie
edmund ed ted eddie
edward ed eddie ted teddy ned eddy
eileen aileen ilene
eilidh aylee eilee
ekaterina kateryna katerina katya
eleanor ellie nell nora elle elinor ella lenny eleanora elena
eleni elena olena helena lena
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
evgeny yevhen evgenii yevgeny eugene zhenya
ewan euan ewen euen
faadumo fatima fadumo fatuma
faisal faysal feisal
fatima fatimah fatema fathima fatma fatoumata fatou
fatoumata fatou fatima fatimata
fiona fi ffion
florence flo florrie flossie
folake lake
folasade sade
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
gheorghe george gica
gillian gill jill jillian gilly
glenn glen glyn
grace gracie grainne
graham graeme grahame
gregory greg gregor gregg
grzegorz greg
grzegorz grzesiek greg
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
hodan hodhan
howard howie
hugh hughie hugo huw
humphrey humph
hussein hussain husain husayn hossain hussayn hossein
ibrahim ebrahim ibraheem abraham brahim
ifeoma ify ifey
iman eman imaan
imogen immy immie imo
ionut ion john
irene rene irena
isaac ike zac isaak ishaq
isabel isabelle isobel izzy bella isabella belle issy ysabel izabela ishbel
ismail ismaeel ismael esmail
iwan ifan evan
jack jackie jac
jacob jake jacub jakub
jacqueline jackie jacqui jac jacquelyn
jade jayde
jaime jamie jaimie jayme
jakub kuba kubus jacob
james jim jimmy jamie jem jimmie
jane janie jayne jan
janet jan jannet netta
janina jana yana
jasmine jaz jazz yasmin jasmin jazmin yasmine jasmyn
jason jay jase
jayden jaden jaydon jaiden jaydan
jean jeanie jeanette
jennifer jen jenny jennie jenni jenifer
jeremy jez jerry jem
jessica jess jessie jessy jesse
joan joanie
joanna asia joasia
joanna jo joanne joann johanna jojo
joao john
john jon johnny jack johnnie jonny johan jan ivan giovanni juan
jonathan jon jonny johnathan jonathon jono nathan
jordan jordon jordy jordyn
joseph joe joey jo josef jozef yusuf yousef yousuf jose giuseppe
josephine jo josie joey josefine fifi
joshua josh joshuah
joyce joy
judith judy jude jodie
julia julie jules
julia yuliia yulia iuliia juliia
julian jules jools
karen karin karyn caren kaz
kathleen kath kathy kathlene cathleen kay
katrina trina catriona katriona
kayleigh kayley kaylee kayla keighley
kelly kellie kel
kenneth ken kenny
kevin kev kevan
khadija khadijah khadeeja hatice khadidja xadiija
khadija khadijah khadeeja kadija khadeja
kimberley kim kimberly kimmy
kirsty kirsten kirstie kirstin
kofi coffie cofie
krzysztof kris chris krzys
kwabena kobina
kwame kwami
kyle kile
lakshmi laxmi
laszlo laci
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
lubna loubna
lucy lucie luce lucinda lucia lucille
luke lucas luc lukasz
lydia lyddie
lynne lyn lynn linn
maciej maciek
mackenzie mckenzie kenzie
madeleine maddie maddy madeline madelaine
magdalena maggie magda lena
malcolm malc mal
malgorzata gosia margaret
mamadou mohammed mamadu
marcus mark marc marek markus
margaret maggie meg peg peggy marge margie rita greta madge margot mags daisy margret mairead maisie megan
maria marie mary ria
marian marion marianne
marilyn lyn marylyn
mark marc marcus
martha marty mattie
martin marty martyn
mary molly polly may marie maria mamie mhairi moira maureen
maryam mariam maryum marium miriam meryem
matilda tilly tilda mattie mathilda
matthew matt matty mathew mateusz
maureen mo maura moreen
maurice mo morris
maxamed mohamed maxamud mohammed
maximilian max
maxwell max
megan meg meghan meggie
mehwish mahwish
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
mykhailo mikhail michael misha mihail
mykola nikola nikolay nikolai mikola
mykyta nikita
naomi nomi noemi
natalie nat nattie natalia nathalie
natasha tasha nat natascha natalya
nathan nate nat nathen
nathaniel nathan nat nate nathanael
neil neal niall nial neill
ngozi goz
ngozi ngo
niamh neve neave
niamh neve neeve nieve
nicholas nick nicky nicolas nico nik mikolaj
nicola nicky nikki nic nicki nichola nicole niki
nigel nige
nnamdi namdi
noor nur noora nour
norah nora norma
norman norm
nusrat nusrath
oleksandr aleksandr alexander sasha oleksander alexandr
oliver ollie olly oli
olivia liv livvy olive livia liv
olufemi femi olu
olufunmilayo funmi funmilayo
olumide mide
olusegun segun
oluwadamilola damilola dami
oluwafemi femi
oluwakemi kemi
oluwaseun seun olu oluseun
oluwaseun seun seyi
oluwaseyi seyi
oluwaseyifunmi funmi
oluwatobi tobi tobiloba
oluwatobi tobi tobiloba oluwatobiloba
oluwatosin tosin
omar umar omer umer
opeyemi ope yemi
oscar oskar ossie
osman usman uthman othman
owen eoin owain
padraig patrick paddy padraic
pamela pam pammy
patricia pat trish tricia patsy patty trisha paddy
patrick pat paddy padraig rick patryk
paul pauly pawel paolo pablo
paula pauline polly
pawel pavel paul
penelope penny pen
peter pete piotr petr pedro
philip phil phillip pip filip
philippa pippa pip phillipa phil
phoebe pheobe phebe
phyllis phyl
piotr peter petr
piotr peter petr pyotr
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
sahra zahra
said saeed sayed saied syed saeid
samantha sam sammy sammie
samuel sam sammy sammie
sandra sandy sandie
saoirse sersha seersha
sarah sara sally sadie zara
sean shaun shawn shane seaghan
sebastian seb bas basti
serhiy sergei sergey serhii sergiy
shanelle chanel
shannon shan
sharon shaz shazza sharron
sheila shelagh sheelagh sile
shirley shirl
sian shan
sidney sid sydney
simon si
sinead shinade
siobhan shivaun shevaun chevonne shivon siobahn shavon
sofia sophia sophie sofie zofia
solomon sol solly suleiman sulaiman suleman suleyman
sonia sonya sonja
stacey stacy stace anastasia
stanislaw staszek stan stas
stanley stan
stella estelle
stephanie steph stef stephie stefanie steffi
stephen steven steve stevie stephan stefan ste
stuart stewart stu stew
susan sue suzanne susie suzie suzy susannah susanna zuzanna
svitlana svetlana lana sveta
sylvia silvia sylvie
szymon simon
tadhg tiege teague tighe
taiwo taiye
tamara tammy tam
tariq tarik tareq tarek
temitope temi tope
terence terry terrence tel terrance
teresa theresa terry tess tessa therese
theodore theo ted teddy
thomas tom tommy thom tomasz tam tomas
tiffany tiff
timothy tim timmy timmothy
tobias toby tobi
tomasz tomek thomas
tracey tracy trace tracie
trevor trev
tyler tylor
ursula uschi
valerie val
vanessa nessa ness
vasyl vasily vasile
vera verity
vernon vern
veronica vera ronnie ron weronika
victor vic viktor
victoria vicky tori vicki vikki vic tory viktoria vickie wiktoria
viktoriia victoria viktoria vika
vincent vince vin vinny
violet vi
vivian viv vivienne vivien
volodymyr vladimir volodya vova wladimir
walter wal walt wally
wayne dwayne duane
wendy wend
wilfred wilf fred wilfrid
william bill will billy willie wills wil willy gwilym wilhelm
winifred winnie freda win
wojciech woj
xaliimo halima
xasan hassan hasan
yahya yahia yehia
yasmin yasmeen yasmine yasemin jasmin
yevheniia eugenia zhenya
yewande wande
yurii yuri iurii george
yusuf yousef youssef yousuf yusef yousif yosef yousaf yussuf joseph
yvonne von evonne
zachary zach zac zak zack zachariah zakariya zakaria
zainab zaynab zeinab zeynep zaineb
zbigniew zbyszek
zoe zoey zowie
zuzanna zuzia susanna
"""


def _lines_by_name(text: str) -> Mapping[str, frozenset[int]]:
    lines: dict[str, set[int]] = defaultdict(set)
    for number, line in enumerate(text.replace("\\\n", "").strip().splitlines()):
        for name in line.split():
            lines[name].add(number)
    return {name: frozenset(numbers) for name, numbers in lines.items()}


_LINES_OF = _lines_by_name(_LINES)
_LINES_THAT_BEGIN_WITH = _lines_by_name(
    "\n".join(line.split(" ", 1)[0] for line in _LINES.replace("\\\n", "").strip().splitlines())
)
_NAMES_IN: Mapping[int, frozenset[str]] = {
    number: frozenset(name for name, lines in _LINES_OF.items() if number in lines)
    for number in frozenset[int]().union(*_LINES_OF.values())
}
_INITIALS_IN: Mapping[int, frozenset[str]] = {
    number: frozenset(name[0] for name in names) for number, names in _NAMES_IN.items()
}
_NOWHERE: frozenset[int] = frozenset()


def are_forms_of_one_name(one: str, other: str) -> bool:
    """Whether two folded given names can be one: "bill" and "william", "yusuf" and "yousef"."""
    return not _LINES_OF.get(one, _NOWHERE).isdisjoint(_LINES_OF.get(other, _NOWHERE))


def is_the_whole_of(one: str, other: str) -> bool:
    """Whether one of two folded given names is the whole of which the other is a form: "margaret", "daisy"."""
    return any(
        not _LINES_THAT_BEGIN_WITH.get(whole, _NOWHERE).isdisjoint(_LINES_OF.get(form, _NOWHERE))
        for whole, form in ((one, other), (other, one))
    )


def other_forms_of(name: str) -> tuple[str, ...]:
    """The other names of every line that a folded name stands in, sorted; none when it stands in none."""
    lines = _LINES_OF.get(name, _NOWHERE)
    return tuple(sorted({other for line in lines for other in _NAMES_IN[line]} - {name}))


def initials_of_forms(name: str) -> frozenset[str]:
    """The first letters of a folded name (not empty) and of its other forms: "l" and "e" of "liz"."""
    return frozenset(name[0]).union(*[_INITIALS_IN[line] for line in _LINES_OF.get(name, _NOWHERE)])
