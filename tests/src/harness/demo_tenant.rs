use tenancy_core::TenantId;
use uuid::Uuid;

/// A demo tenant, as the program announces it.
#[derive(Debug, Clone, Default)]
pub(crate) struct DemoTenant {
    pub(crate) slug: String,
    pub(crate) page: String,
    /// Its live key.
    pub(crate) key: String,
    pub(crate) test_key: String,
}

/// In the order of their ids.
const SLUGS: [&str; 5] = ["riverside", "nordhafen", "kita", "alnoor", "lakeshore"];

impl DemoTenant {
    /// Takes the address of a tenant's page.
    pub(super) fn at(page: &str) -> Self {
        let host = page.strip_prefix("http://").expect("a URL");
        let slug = host.split('.').next().unwrap_or_default();
        Self { slug: slug.to_owned(), page: page.to_owned(), ..Self::default() }
    }

    /// Returns its id, which is fixed and not announced.
    pub(crate) fn id(&self) -> TenantId {
        let place = SLUGS.iter().position(|slug| *slug == self.slug).expect("a known slug");
        let first = 0x0190_0000_0000_7000_8000_0000_0000_0001_u128;
        TenantId::from_uuid(Uuid::from_u128(first + place as u128)).expect("it names somebody")
    }

    /// Returns the words that nobody else may read.
    pub(super) fn words(&self) -> [String; 4] {
        let name = match self.slug.as_str() {
            "riverside" => "Riverside",
            "nordhafen" => "Nordhafen",
            "kita" => "Kita Pay",
            "alnoor" => "Al Noor",
            "lakeshore" => "Lakeshore",
            other => panic!("{other} is not known to the tests"),
        };
        let id = self.id().to_string();
        [self.slug.clone(), name.to_owned(), id.replace('-', ""), id]
    }
}
