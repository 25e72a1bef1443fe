//! JSON with halves of characters. `\ud83d` is the first half of an emoji; a server that cuts a text
//! to a length may leave one without the other, and then no JSON parser takes the whole of it.

/// How long an escape such as `\ud83d` is.
const ESCAPE: usize = 6;

/// The same JSON with U+FFFD in place of every half without its other half; `None` where there is no
/// such half.
pub(super) fn mended(json: &[u8]) -> Option<Vec<u8>> {
    let mut mended = None;
    let mut at = 0;
    while let Some(found) = json.get(at..).and_then(|it| it.iter().position(|it| *it == b'\\')) {
        at += found;
        at += match (escaped(json, at), escaped(json, at + ESCAPE)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 2 * ESCAPE,
            (Some(0xd800..=0xdfff), _) => {
                let copy = mended.get_or_insert_with(|| json.to_vec());
                copy[at + 2..at + ESCAPE].copy_from_slice(b"fffd");
                ESCAPE
            }
            (Some(_), _) => ESCAPE,
            // Another escape, an escaped backslash for one, has two characters.
            (None, _) => 2,
        };
    }
    mended
}

/// The code that is escaped at `at`, as in `\u00e9`.
fn escaped(json: &[u8], at: usize) -> Option<u16> {
    let digits = json.get(at..at + ESCAPE)?.strip_prefix(b"\\u")?;
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(json: &str, expected: Option<&str>) {
        let mended = mended(json.as_bytes()).map(|it| String::from_utf8(it).unwrap());
        assert_eq!(mended.as_deref(), expected, "{json}");
        if let Some(mended) = &mended {
            serde_json::from_str::<serde_json::Value>(mended).unwrap();
        }
    }

    #[test]
    fn a_half_without_the_other_is_replaced() {
        check(r#""\ud83d""#, Some(r#""\ufffd""#));
        check(r#""\uDE00 x""#, Some(r#""\ufffd x""#));
        check(r#""\ud83d\ud83d\ude00""#, Some(r#""\ufffd\ud83d\ude00""#));
        check(r#""\ude00\ud83d""#, Some(r#""\ufffd\ufffd""#));
        check(r#""\ud83d\n""#, Some(r#""\ufffd\n""#));
        check(r#""\ud83d\u0041""#, Some(r#""\ufffd\u0041""#));
        check(r#""\\\ud83d""#, Some(r#""\\\ufffd""#));
    }

    #[test]
    fn what_is_whole_stays() {
        check(r#""\ud83d\ude00""#, None);
        check(r#""\\ud83d""#, None);
        check(r#""\\\\ud83d \u00e9 \n""#, None);
        check("\"\u{1f600}\"", None);
        check(r#""\ud83"#, None);
        check(r#""\u+83d""#, None);
        check(r#""\"#, None);
        check("", None);
    }
}
