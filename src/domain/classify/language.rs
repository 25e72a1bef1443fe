//! Tells whether a text is English, deterministically and without a model: by the share of letters
//! of other scripts, and by the little words of English against those of other languages.
//!
//! The question is asked because the keywords are English. When the answer is no, they say
//! nothing, and the level is `medium` with low confidence, never a silent `simple`. Doubt is
//! English: a short title without little words is far more often English than not.

use super::lexicon::Known;

/// English words that are not also common in another language listed here.
pub(super) const ENGLISH: &[&str] = &[
    "the", "of", "and", "is", "are", "was", "were", "be", "been", "it", "its", "this", "that",
    "these", "when", "where", "which", "what", "why", "how", "not", "does", "doesn't", "don't",
    "can't", "cannot", "isn't", "with", "without", "by", "or", "if", "has", "have", "should",
    "would", "could", "will", "after", "before", "there", "they", "you", "your", "my", "our", "we",
    "some", "any", "only", "new", "make", "using", "use", "used", "get", "set", "show", "shows",
    "remove", "support", "allow", "handle", "create", "change", "improve", "missing", "broken",
    "wrong", "page", "button", "user", "users", "works", "working", "fails", "instead",
];

/// Little words of other languages that are neither English words nor locale codes, by language.
pub(super) const FOREIGN: &[&str] = &[
    // German
    "der das und ist nicht mit für auf ein eine einen einer eines wenn werden wird von zu zum zur \
     beim auch sich dem bei nach aus oder aber sollte kann wir ich sind keine durch über noch",
    // French
    "le les du et est dans pour avec pas une qui que sur au aux ne il ce cette nous lors plus être \
     sont mais ou où ajouter",
    // Spanish
    "el los las del que en y para por con una se al cuando como más está pero este esta hay desde",
    // Portuguese
    "os da dos das em com não uma ao na nas são também pelo pela você quando isso",
    // Italian
    "lo gli di che della del una nel nella sono dalla alla delle dei non è anche questo",
    // Dutch
    "het een van niet voor met zijn wordt naar bij ook maar deze kan de",
    // Polish, Czech
    "nie się jest na dla przez oraz gdy jak przy że jako když není se při po",
    // Turkish
    "ve bir için ile bu değil olarak daha gibi",
    // Indonesian
    "yang dan untuk dengan tidak ke dari ini itu",
    // Vietnamese
    "có không của và khi các cho một trong",
    // Swedish, Danish, Norwegian
    "och att det som inte på är för av til ikke og fra",
    // Romanian, Hungarian, Finnish
    "și nu pentru cu az egy és nem hogy ja ei kun että",
];

/// Counts what speaks for and against English.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    latin: usize,
    other: usize,
    english: usize,
    foreign: usize,
    accented: usize,
    words: usize,
}

impl Tally {
    /// Adds one word and what the dictionary knows of it.
    pub(super) fn add(&mut self, word: &str, known: Known) {
        self.words += 1;
        self.english += usize::from(known.english);
        self.foreign += usize::from(known.foreign && !known.english);
        if word.is_ascii() {
            self.latin += word.len();
            return;
        }
        let mut accented = false;
        for c in word.chars().filter(|c| c.is_alphabetic()) {
            // Up to U+024F and in the Vietnamese block stand Latin letters with marks.
            let latin = c < '\u{250}' || ('\u{1e00}'..'\u{1f00}').contains(&c);
            self.latin += usize::from(latin);
            self.other += usize::from(!latin);
            accented |= latin && !c.is_ascii();
        }
        self.accented += usize::from(accented);
    }

    /// Whether the text is English, as far as can be told.
    pub(super) fn is_english(&self) -> bool {
        // A letter of a script such as Han says about as much as two Latin ones, and products
        // keep their Latin names: one third is enough.
        if self.latin < self.other * 2 {
            return false;
        }
        if self.english == 0 {
            let accents = self.accented > 0 && self.words >= 4;
            return !(accents || self.foreign >= 2 || self.foreign == 1 && self.words >= 4);
        }
        self.foreign < 2 || self.foreign <= self.english
    }
}

#[cfg(test)]
mod tests {
    use super::super::lexicon::look_up;
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: bool) {
        let mut tally = Tally::default();
        for word in
            text.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|it| !it.is_empty())
        {
            tally.add(word, look_up(word));
        }
        assert_eq!(tally.is_english(), expected, "{text}: {tally:?}");
    }

    #[test]
    fn other_languages_are_noticed() {
        check("Füge einen Dunkelmodus zur Einstellungsseite hinzu", false);
        check(
            "Benachrichtigungen werden nicht angezeigt wenn der Browser im Hintergrund ist",
            false,
        );
        check("Ajouter le mode sombre à la page des paramètres", false);
        check("Refactor del servicio de pagos para soportar varias monedas", false);
        check("Añadir modo oscuro a la página de configuración", false);
        check("Adicionar modo escuro na página de configurações", false);
        check("Aggiungere la modalità scura nella pagina delle impostazioni", false);
        check("Dodaj tryb ciemny do strony ustawień", false);
        check("Ayarlar sayfasına karanlık mod ekle", false);
        check("Добавить тёмную тему на страницу настроек", false);
        check("设置页面添加深色模式", false);
        check("修复登录页面的 WebSocket 连接错误", false);
        check("設定ページにダークモードを追加する", false);
        check("설정 페이지에 다크 모드 추가", false);
        check("إضافة الوضع الداكن إلى صفحة الإعدادات", false);
        check("सेटिंग्स पृष्ठ में डार्क मोड जोड़ें", false);
    }

    #[test]
    fn english_stays_english() {
        check("Dark mode", true);
        check("Login broken", true);
        check("Crash on startup", true);
        check("Fix café menu encoding", true);
        check("Naïve Bayes", true);
        check("Add de and es translations", true);
        check("TypeError: undefined", true);
        check("Fix 文字化け in the title of exported PDF", true);
        check("Support für umlauts", true);
        check("WebSocket reconnect", true);
        check("", true);
        check("12345", true);
    }
}
