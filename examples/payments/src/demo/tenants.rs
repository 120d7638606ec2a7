use sha2::{Digest as _, Sha256};
use tenancy_core::{
    ApiKey, ApiKeySecret, Error, PlanCatalogue, Tenant, TenantId, TenantSlug, TenantStatus,
};
use uuid::Uuid;

use crate::mode::Mode;

/// A demo tenant.
#[derive(Debug)]
pub(crate) struct Demo {
    id: u128,
    pub(crate) slug: &'static str,
    pub(crate) name: &'static str,
    pub(crate) plan: &'static str,
    pub(crate) status: TenantStatus,
    pub(super) currencies: &'static [&'static str],
    pub(super) customers: [&'static str; 4],
}

/// All of them; names are fictional.
pub(crate) const TENANTS: [Demo; 5] = [
    Demo {
        id: 0x0190_0000_0000_7000_8000_0000_0000_0001,
        slug: "riverside",
        name: "Riverside Credit Union",
        plan: "starter",
        status: TenantStatus::Active,
        currencies: &["USD"],
        customers: ["Ada Brooks", "Milo Carter", "June Ferris", "Otis Hale"],
    },
    Demo {
        id: 0x0190_0000_0000_7000_8000_0000_0000_0002,
        slug: "nordhafen",
        name: "Nordhafen Bank AG",
        plan: "professional",
        status: TenantStatus::Active,
        currencies: &["EUR"],
        customers: ["Jörg Petersen", "Wiebke Hansen", "Ove Lorenzen", "Silke Möller"],
    },
    Demo {
        id: 0x0190_0000_0000_7000_8000_0000_0000_0003,
        slug: "kita",
        name: "Kita Pay KK",
        plan: "enterprise",
        status: TenantStatus::Active,
        currencies: &["JPY", "JPY", "USD"],
        customers: ["佐藤 陽菜", "高橋 蓮", "田中 結衣", "伊藤 湊"],
    },
    Demo {
        id: 0x0190_0000_0000_7000_8000_0000_0000_0004,
        slug: "alnoor",
        name: "Al Noor Finance",
        plan: "professional",
        status: TenantStatus::Active,
        currencies: &["KWD"],
        customers: ["ليلى الصباح", "يوسف العنزي", "مريم الكندري", "سالم الرشيد"],
    },
    Demo {
        id: 0x0190_0000_0000_7000_8000_0000_0000_0005,
        slug: "lakeshore",
        name: "Lakeshore Trust",
        plan: "starter",
        status: TenantStatus::Suspended,
        currencies: &["USD"],
        customers: ["Nina Walsh", "Theo Barnes", "Iris Coleman", "Hugo Reyes"],
    },
];

impl Demo {
    /// Returns the id.
    pub(super) fn id(&self) -> TenantId {
        TenantId::from_uuid(Uuid::from_u128(self.id)).expect("the ids above name somebody")
    }

    /// Returns the record of the directory.
    pub(super) fn tenant(&self, plans: &PlanCatalogue) -> Result<Tenant, Error> {
        let slug = TenantSlug::parse(self.slug)?;
        let tenant = Tenant::new(self.id(), slug, plans.plan(self.plan)?);
        Ok(tenant.with_name(self.name).with_status(self.status))
    }

    /// Returns the API key of a mode. It follows from the slug: anybody can know it.
    ///
    /// A live key stands in for a session where the plan has no live keys.
    pub(super) fn secret(&self, mode: Mode) -> ApiKeySecret {
        use std::fmt::Write as _;

        let (seed, prefix) = match mode {
            Mode::Test => ("demo key", "paykey_test_"),
            Mode::Live => ("live demo key", "paykey_live_"),
        };
        let digest = Sha256::digest(format!("payments {seed} of {}", self.slug));
        let text = digest[..20].iter().fold(prefix.to_owned(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        });
        ApiKeySecret::parse(&text).expect("a prefix and forty digits are a key")
    }

    /// Returns the text of the API key of a mode.
    pub(crate) fn api_key(&self, mode: Mode) -> String {
        self.secret(mode).reveal().to_owned()
    }

    /// Returns what the directory knows of the key of a mode.
    pub(super) fn key(&self, mode: Mode) -> ApiKey {
        let id = match mode {
            Mode::Test => format!("key_demo_{}", self.slug),
            Mode::Live => format!("key_demo_{}_live", self.slug),
        };
        ApiKey::new(id, self.id())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::money::Currency;
    use crate::plans::plans;

    #[test]
    fn each_is_complete_and_has_its_own_key() {
        let modes = [Mode::Test, Mode::Live];
        let keys: HashSet<_> =
            TENANTS.iter().flat_map(|demo| modes.map(|mode| demo.api_key(mode))).collect();
        let ids: HashSet<_> = TENANTS.iter().map(Demo::id).collect();
        assert_eq!((keys.len(), ids.len()), (2 * TENANTS.len(), TENANTS.len()));
        for demo in &TENANTS {
            assert_eq!(demo.tenant(&plans(None)).unwrap().name(), demo.name);
            assert!(demo.currencies.iter().all(|code| Currency::parse(code).is_some()));
        }
    }

    #[test]
    fn keys_stay_what_they_are() {
        let riverside = "paykey_test_8ff09290118a6152f831e9329911cad4b5ac3922";
        assert_eq!(TENANTS[0].api_key(Mode::Test), riverside);
    }
}
