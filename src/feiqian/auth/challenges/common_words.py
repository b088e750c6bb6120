"""What many people choose for passwords and no English list has: words, names, numbers that sound like words.

Each stands in its own script or as it is romanised; `common()` has them in small Latin letters, and as they come out
when they are typed with their own layout on Latin keys (пароль is gfhjkm). Compiled by hand, of no leaked passwords.
"""

from __future__ import annotations

from functools import cache

from feiqian.auth.challenges.layouts import on_latin_keys
from feiqian.strings.latin import latin

_WORDS = """
woaini woaiwo woaimama woaibaba woaiwojia woaizhongguo aini ainiyiwannian woaibeijing tiananmen nihao wodemima mima
mimashi zhongguo beijing shanghai guangzhou shenzhen taiwan xianggang tianxia laopo laogong baobao baobei baba mama
gege jiejie didi meimei pengyou shengri shengrikuaile xinnian kuaile xingfu yongyuan qinaide xihuan facai gongxifacai
dafu zhongguoren zhifubao weixin taobao jintian mingtian nian yue ri hao sheng xiao long hu feiqian qianbao
zhifu yinhang zhangwei wangwei wangfang liwei lina zhangmin liming wangli xiaoming xiaohong dangdang woshishui
woshini nishishui yishengyishi yibeizi
caonima wocao shabi tamade diandian xiaoxin aiqing caishen zuguo jiayou meinv shuaige xiangni womenjiehunba
ji3g4au4a83 ji32k7au4a83 au4a83 ji394su3 su3cl3
пароль пороль привет любовь наташа максим андрей сергей дмитрий марина светлана александр екатерина анастасия
солнышко солнце спартак динамо зенит россия москва мама папа люблю ялюблютебя тебя люблютебя котенок зайка кошка
собака дракон ангел принцесса королева машина вася марьяна михаил николай владимир алексей артем виктория кристина
йцукен йцукенг фывапролдж фыва ячсмить секрет доступ админ логин банк деньги україна київ кохання сонечко
contraseña clave hola teamo tequiero teamomucho amor miamor mivida corazón bonita princesa estrella mariposa barcelona
realmadrid mexico argentina alejandro jesus dios familia amigos chocolate cariño gatita muñeca secreto banco dinero
senha saudade amorzinho brasil flamengo corinthians palmeiras obrigado gabriel eternamente
motdepasse bonjour azerty azertyuiop jetaime soleil doudou loulou chouchou marseille france amour coucou nicolas camille
passwort kennwort hallo schatz ichliebedich liebe geheim qwertz qwertzuiop deutschland schalke sommer sonne mausi bayern
ciao amore tiamo juventus napoli forzanapoli italia francesco andrea password segreto
haslo kochanie polska misiek kasia mateusz bartek polskapolska
şifre parola sifre galatasaray fenerbahçe beşiktaş seniseviyorum aşkım sevgilim istanbul türkiye mustafa kemal
κωδικός σαγαπώ αγάπη ολυμπιακός παναθηναϊκός ελλάδα
パスワード さくら あいしてる ありがとう こんにちは にほん sakura aishiteru daisuki arigatou konnichiwa nihon
doraemon pikachu naruto himitsu tokyo
비밀번호 사랑해 사랑 안녕 안녕하세요 대한민국 한국 서울 엄마 아빠 여보 사랑해요 tkfkdgo qlalfqjsgh saranghae annyeong
كلمةالسر كلمةالمرور السر محمد احمد حبيبي الله مرحبا احبك بسمالله الحمدلله habibi mohamed ahmed bismillah allah ahlan
סיסמה שלום אהבה ישראל אבא אמא
रामराम पासवर्ड भारत नमस्ते कृष्णा राधे जयश्रीराम krishna jaishreeram radhe bharat namaste password iloveindia
matkhau mậtkhẩu emyeuanh anhyeuem yeuem xinchao việtnam hanoi saigon
sayang cinta rahasia katasandi indonesia bismillah akusayangkamu sayangku kamu
รหัสผ่าน สวัสดี รักเธอ ประเทศไทย sawasdee
wachtwoord welkom geheim ajax feyenoord lösenord sommar hejsan salasana perkele
iloveyou iloveu love password admin welcome login secret bank money alipay wechat paypal
"""
_NUMBERS = """
520 521 1314 1314520 5201314 5211314 52013140 7758521 7758258 584520 584 5841314 3344 3344520 168 1688 518 5188 888 8888
88888888 666 6666 66666666 999 9999 147258 147258369 159357 789456 741852963 123 1234 12345 123456 1234567 12345678
123456789 1234567890 0123456789 012345 321 4321 54321 654321 987654321 123321 112233 121212 123123 123654 100200 110
119 120 10086 10010 12306 007 000 00 111 1111 11111111 222 333 444 555 777 abc abcd qwe qwer asd asdf zxc zxcv qaz wsx
1qaz 2wsx qweasd qweasdzxc aaa aa xx zz a1b2c3 q1w2e3 1q2w3e 1a2b3c
"""
_SHORTEST = 2


@cache
def common() -> tuple[str, ...]:
    """The longest first, so that they can be taken out of a password one after another."""
    words = (_WORDS + _NUMBERS).split()
    found = {form for word in words for form in (latin(word), on_latin_keys(word)) if len(form) >= _SHORTEST}
    return tuple(sorted(found, key=lambda word: (-len(word), word)))
