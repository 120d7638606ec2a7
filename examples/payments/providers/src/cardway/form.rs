use std::collections::BTreeMap;

/// A request's form, or its query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    pub(super) fn read(bytes: &[u8]) -> Self {
        Self(form_urlencoded::parse(bytes).into_owned().collect())
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn amount(&self, name: &str) -> Option<i64> {
        self.text(name)?.parse().ok().filter(|amount| *amount > 0)
    }

    /// Returns the members of `metadata[…]`.
    pub(super) fn metadata(&self) -> BTreeMap<String, String> {
        let name = |key: &str| Some(key.strip_prefix("metadata[")?.strip_suffix(']')?.to_owned());
        self.0.iter().filter_map(|(key, value)| Some((name(key)?, value.clone()))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_read() {
        let form = Form::read(b"amount=5&note=a%20b+c&metadata[one]=1&metadata%5Btwo%5D=2");
        assert_eq!((form.amount("amount"), form.text("note")), (Some(5), Some("a b c")));
        let metadata = form.metadata();
        assert_eq!((metadata["one"].as_str(), metadata["two"].as_str()), ("1", "2"));
        for bad in ["0", "-1", "1.0", "", "x"] {
            assert_eq!(Form::read(format!("amount={bad}").as_bytes()).amount("amount"), None);
        }
    }
}
