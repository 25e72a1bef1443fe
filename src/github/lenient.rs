//! Fields that read as "absent" where another parser would fail.
//!
//! A delivery that cannot be understood whole may still say what Baton needs. So a `null`, a
//! missing key or a value of another type is `None` (or an empty list) here, and only text that is
//! no JSON at all is an error.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// A whole number: an id or a count. A text of digits counts; a fraction, and a number that does
/// not fit, do not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Number(pub(super) Option<i64>);

/// A text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Text(pub(super) Option<String>);

/// A truth value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Flag(pub(super) Option<bool>);

/// An object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Object<T>(pub(super) Option<T>);

/// A list of objects; elements that are none are left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct List<T>(pub(super) Vec<T>);

/// A list of texts; elements that are none are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Texts(pub(super) Vec<String>);

impl<T> Default for Object<T> {
    fn default() -> Self {
        Object(None)
    }
}

impl<T> Default for List<T> {
    fn default() -> Self {
        List(Vec::new())
    }
}

impl Text {
    /// The text, or an empty one.
    pub(super) fn or_empty(self) -> String {
        self.0.unwrap_or_default()
    }
}

impl Flag {
    /// Whether it is there and true.
    pub(super) fn is_set(self) -> bool {
        self.0 == Some(true)
    }
}

/// Methods of a visitor that answers "absent" to the kinds of value it was not made for.
macro_rules! absent {
    ($value:expr => $($kind:ident)*) => { $(absent!(@$kind $value);)* };
    (@unit $value:expr) => {
        fn visit_unit<E>(self) -> Result<Self::Value, E> { Ok($value) }
    };
    (@bool $value:expr) => {
        fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> { Ok($value) }
    };
    (@number $value:expr) => {
        fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> { Ok($value) }
        fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> { Ok($value) }
        fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> { Ok($value) }
    };
    (@text $value:expr) => {
        fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> { Ok($value) }
    };
    (@list $value:expr) => {
        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
            while items.next_element::<IgnoredAny>()?.is_some() {}
            Ok($value)
        }
    };
    (@object $value:expr) => {
        fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
            while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            Ok($value)
        }
    };
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(it: D) -> Result<Number, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Number;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number")
            }

            fn visit_i64<E>(self, value: i64) -> Result<Number, E> {
                Ok(Number(Some(value)))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Number, E> {
                Ok(Number(i64::try_from(value).ok()))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Number, E> {
                // 2^53: beyond it a floating number no longer names one whole number.
                let exact = value.fract() == 0.0 && value.abs() <= 9_007_199_254_740_992.0;
                Ok(Number(exact.then_some(value as i64)))
            }

            fn visit_str<E>(self, value: &str) -> Result<Number, E> {
                Ok(Number(value.parse().ok()))
            }

            absent!(Number(None) => unit bool list object);
        }

        it.deserialize_any(Reader)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(it: D) -> Result<Text, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Text;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_str<E>(self, value: &str) -> Result<Text, E> {
                Ok(Text(Some(value.to_owned())))
            }

            fn visit_string<E>(self, value: String) -> Result<Text, E> {
                Ok(Text(Some(value)))
            }

            absent!(Text(None) => unit bool number list object);
        }

        it.deserialize_any(Reader)
    }
}

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(it: D) -> Result<Flag, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Flag;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true or false")
            }

            fn visit_bool<E>(self, value: bool) -> Result<Flag, E> {
                Ok(Flag(Some(value)))
            }

            absent!(Flag(None) => unit number text list object);
        }

        it.deserialize_any(Reader)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(it: D) -> Result<Object<T>, D::Error> {
        struct Reader<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Reader<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<Object<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(entries)).map(|it| Object(Some(it)))
            }

            absent!(Object(None) => unit bool number text list);
        }

        it.deserialize_any(Reader(PhantomData))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(it: D) -> Result<List<T>, D::Error> {
        struct Reader<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Reader<T> {
            type Value = List<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<List<T>, A::Error> {
                let mut list = Vec::new();
                while let Some(Object(item)) = items.next_element()? {
                    list.extend(item);
                }
                Ok(List(list))
            }

            absent!(List(Vec::new()) => unit bool number text object);
        }

        it.deserialize_any(Reader(PhantomData))
    }
}

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(it: D) -> Result<Texts, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Texts;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of texts")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Texts, A::Error> {
                let mut list = Vec::new();
                while let Some(Text(item)) = items.next_element()? {
                    list.extend(item);
                }
                Ok(Texts(list))
            }

            absent!(Texts(Vec::new()) => unit bool number text object);
        }

        it.deserialize_any(Reader)
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default)]
    struct All {
        number: Number,
        text: Text,
        flag: Flag,
        object: Object<Inner>,
        list: List<Inner>,
        texts: Texts,
    }

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default)]
    struct Inner {
        number: Number,
    }

    #[track_caller]
    fn check(json: &str, expected: All) {
        assert_eq!(serde_json::from_str::<All>(json).unwrap(), expected, "{json}");
    }

    #[test]
    fn what_has_another_type_is_absent() {
        check("{}", All::default());
        for surprise in ["null", "true", "1", "-1.5", "\"x\"", "[1,[]]", "{\"a\":{\"b\":[]}}"] {
            for field in ["number", "text", "flag", "object", "list", "texts"] {
                let json = format!("{{\"{field}\":{surprise},\"strange\":{surprise}}}");
                assert!(serde_json::from_str::<All>(&json).is_ok(), "{json}");
            }
        }
    }

    #[test]
    fn numbers_are_whole_or_absent() {
        let number = |it| All { number: Number(it), ..All::default() };
        check("{\"number\":7}", number(Some(7)));
        check("{\"number\":\"7\"}", number(Some(7)));
        check("{\"number\":7.0}", number(Some(7)));
        check("{\"number\":7.5}", number(None));
        check("{\"number\":9223372036854775807}", number(Some(i64::MAX)));
        check("{\"number\":18446744073709551615}", number(None));
    }

    #[test]
    fn lists_leave_out_what_is_no_object() {
        let list = List(vec![Inner { number: Number(Some(1)) }, Inner::default()]);
        check("{\"list\":[{\"number\":1},null,3,{}]}", All { list, ..All::default() });
    }

    #[test]
    fn texts_leave_out_what_is_none() {
        let texts = Texts(vec!["a".to_owned(), "b".to_owned()]);
        check("{\"texts\":[\"a\",null,3,{},\"b\"]}", All { texts, ..All::default() });
    }
}
