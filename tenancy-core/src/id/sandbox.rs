use uuid::Uuid;

use super::tenant_id::{TenantId, named_by};

/// The second bit of a UUID's variant: clear in every UUID of RFC 9562, set in a sandbox's id.
const BIT: u128 = 0x4000_0000_0000_0000;

/// The variant's first bit: set in every UUID of RFC 9562.
const VARIANT: u128 = 0x8000_0000_0000_0000;

impl TenantId {
    /// Returns the id under which the tenant's trial data is kept.
    ///
    /// Data under it is as far from the tenant's own as another tenant's is: every predicate,
    /// policy, unique key and cache key that keeps tenants apart keeps the two apart. No query can
    /// forget it.
    ///
    /// `None` for the id of a sandbox, and for a UUID that is not of RFC 9562.
    ///
    /// ```
    /// use tenancy_core::TenantId;
    ///
    /// let harbor = TenantId::generate();
    /// let sandbox = harbor.sandbox().expect("a generated id has one");
    /// assert_ne!(sandbox, harbor);
    /// assert!(sandbox.is_sandbox() && !harbor.is_sandbox());
    /// assert_eq!((sandbox.home(), harbor.home()), (harbor, harbor));
    /// assert!(sandbox.sandbox().is_none());
    /// ```
    pub const fn sandbox(self) -> Option<Self> {
        let number = self.uuid().as_u128();
        if number & (VARIANT | BIT) != VARIANT {
            return None;
        }
        Some(named_by(Uuid::from_u128(number | BIT)))
    }

    /// Tells whether it is the id of a sandbox.
    ///
    /// A UUID of Microsoft's old variant looks like one. Give no tenant such an id.
    pub const fn is_sandbox(self) -> bool {
        self.uuid().as_u128() & (VARIANT | BIT) == VARIANT | BIT
    }

    /// Returns the id that the directory knows: the tenant's own, from its sandbox too.
    #[must_use]
    pub const fn home(self) -> Self {
        if self.is_sandbox() {
            return named_by(Uuid::from_u128(self.uuid().as_u128() & !BIT));
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sandboxes_are_each_tenants_own() {
        let (harbor, summit) = (TenantId::generate(), TenantId::generate());
        let (one, other) = (harbor.sandbox().unwrap(), summit.sandbox().unwrap());
        assert_ne!(one, other);
        assert_eq!((one.home(), other.home()), (harbor, summit));
        assert_eq!(one.to_string().parse::<TenantId>().unwrap(), one, "it is stored and read back");
    }

    #[test]
    fn the_platform_and_odd_ids_have_none() {
        assert!(TenantId::PLATFORM.sandbox().is_none());
        assert!(!TenantId::PLATFORM.is_sandbox());
        assert_eq!(TenantId::PLATFORM.home(), TenantId::PLATFORM);
        let microsoft = TenantId::from_uuid(Uuid::from_u128(1 | VARIANT | BIT)).unwrap();
        assert!(microsoft.sandbox().is_none());
    }
}
