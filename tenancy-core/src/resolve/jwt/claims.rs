//! What a token says, each name once.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};

/// The header's parameters that mean something here (RFC 7515, 4.1). Twice is malformed.
#[derive(Deserialize)]
pub(super) struct Header<'a> {
    #[serde(borrow)]
    pub(super) alg: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) kid: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) typ: Option<Cow<'a, str>>,
    pub(super) crit: Option<IgnoredAny>,
    pub(super) b64: Option<IgnoredAny>,
}

/// The claims that mean something here.
#[derive(Default)]
pub(super) struct Claims {
    pub(super) exp: Option<f64>,
    pub(super) nbf: Option<f64>,
    pub(super) iat: Option<f64>,
    pub(super) iss: Option<String>,
    pub(super) aud: Option<OneOrMany>,
    pub(super) sub: Option<String>,
    pub(super) scope: Option<OneOrMany>,
    pub(super) scp: Option<OneOrMany>,
    pub(super) act: Option<Act>,
    pub(super) tenant: Option<String>,
}

/// Who acts for the subject (RFC 8693, 4.1). What is nested deeper is history.
#[derive(Deserialize)]
pub(super) struct Act {
    pub(super) sub: String,
    pub(super) iss: Option<String>,
}

/// A string, or an array of strings.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    pub(super) fn contains(&self, name: &str) -> bool {
        match self {
            Self::One(one) => one == name,
            Self::Many(many) => many.iter().any(|one| one == name),
        }
    }

    /// Returns the names of a space-separated list, or of an array of them.
    pub(super) fn words(&self) -> impl Iterator<Item = &str> {
        let texts = match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        };
        texts.iter().flat_map(|text| text.split(' ')).filter(|word| !word.is_empty())
    }
}

/// Reads claims, where the tenant's has this name.
pub(super) struct Reading<'a> {
    pub(super) tenant_claim: &'a str,
}

impl<'de> DeserializeSeed<'de> for Reading<'_> {
    type Value = Claims;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Claims, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Reading<'_> {
    type Value = Claims;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("claims")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Claims, A::Error> {
        let mut claims = Claims::default();
        while let Some(Name(name)) = map.next_key()? {
            match &*name {
                "exp" => once(&mut claims.exp, &mut map)?,
                "nbf" => once(&mut claims.nbf, &mut map)?,
                "iat" => once(&mut claims.iat, &mut map)?,
                "iss" => once(&mut claims.iss, &mut map)?,
                "aud" => once(&mut claims.aud, &mut map)?,
                "sub" => once(&mut claims.sub, &mut map)?,
                "scope" => once(&mut claims.scope, &mut map)?,
                "scp" => once(&mut claims.scp, &mut map)?,
                "act" => once(&mut claims.act, &mut map)?,
                name if name == self.tenant_claim => once(&mut claims.tenant, &mut map)?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        if matches!(self.tenant_claim, "sub") {
            claims.tenant.clone_from(&claims.sub);
        } else if matches!(self.tenant_claim, "iss") {
            claims.tenant.clone_from(&claims.iss);
        }
        Ok(claims)
    }
}

/// Two claims of one name (RFC 7519, 4): one reader would believe the first, one the last.
fn once<'de, T: Deserialize<'de>, A: MapAccess<'de>>(
    place: &mut Option<T>,
    map: &mut A,
) -> Result<(), A::Error> {
    if place.replace(map.next_value()?).is_some() {
        return Err(A::Error::custom("a claim is there twice"));
    }
    Ok(())
}

#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);
