use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

/// Which kinds of events an endpoint is told: all by `*`, some by `payment.*`, one by its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(value_type = Vec<String>, example = json!(["payment.*", "refund.succeeded"]))]
pub struct Kinds(Vec<String>);

impl Kinds {
    /// All kinds.
    pub fn all() -> Self {
        Self(vec!["*".to_owned()])
    }

    /// Tells whether a kind is one of them.
    pub fn have(&self, kind: &str) -> bool {
        self.0.iter().any(|pattern| match pattern.strip_suffix('*') {
            Some(start) => kind.starts_with(start),
            None => kind == pattern,
        })
    }

    pub(super) fn written(&self) -> String {
        self.0.join(",")
    }

    pub(super) fn read(text: &str) -> Self {
        Self(text.split(',').map(str::to_owned).collect())
    }
}

fn is_pattern(text: &str) -> bool {
    let is_word = |word: &str| {
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
    };
    let (words, last) = text.rsplit_once('.').unwrap_or((text, "*"));
    text == "*"
        || text.len() <= 100
            && text.contains('.')
            && words.split('.').all(is_word)
            && (last == "*" || is_word(last))
}

impl<'de> Deserialize<'de> for Kinds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let kinds = Vec::<String>::deserialize(deserializer)?;
        if !(1..=50).contains(&kinds.len()) || !kinds.iter().all(|kind| is_pattern(kind)) {
            return Err(D::Error::custom(
                "1 to 50 kinds are expected, such as payment.succeeded, payment.* or *",
            ));
        }
        Ok(Self(kinds))
    }
}

/// What it takes to make an endpoint.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewEndpoint {
    /// Where to send events: https.
    #[schema(example = "https://bank.example/webhooks")]
    pub url: String,
    /// For people to read.
    #[serde(default)]
    #[schema(max_length = 200)]
    pub description: Option<String>,
    /// Which kinds of events to send; without it, all.
    #[serde(default = "Kinds::all")]
    pub events: Kinds,
}

/// What may be changed about an endpoint. What is not there stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndpointPatch {
    /// Where to send events.
    #[serde(default)]
    pub url: Option<String>,
    /// For people to read.
    #[serde(default)]
    #[schema(max_length = 200)]
    pub description: Option<String>,
    /// Which kinds of events to send.
    #[serde(default)]
    pub events: Option<Kinds>,
    /// Whether to send any.
    #[serde(default)]
    pub enabled: Option<bool>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Kinds, serde_json::Error> {
        serde_json::from_str(text)
    }

    #[test]
    fn patterns_name_kinds() {
        let some = read(r#"["payment.*","refund.succeeded"]"#).unwrap();
        for (kind, told) in [
            ("payment.created", true),
            ("refund.succeeded", true),
            ("refund.failed", false),
            ("payments.created", false),
            ("refund.succeeded_late", false),
        ] {
            assert_eq!(some.have(kind), told, "{kind}");
            assert!(Kinds::all().have(kind));
        }
        assert_eq!(Kinds::read(&some.written()), some);
    }

    #[test]
    fn other_texts_are_no_patterns() {
        for bad in [
            "[]",
            r#"[""]"#,
            r#"["payment"]"#,
            r#"["pay*"]"#,
            r#"["*.*"]"#,
            r#"["a.b,c.d"]"#,
            r#"["A.b"]"#,
            "[1]",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
        assert!(read(&format!("[{}\"*\"]", "\"a.b\",".repeat(50))).is_err());
    }
}
