use tenancy_core::TenantId;
use tenancy_sqlx::TenantEntity;

macro_rules! table {
    ($name:ident, $table:literal) => {
        #[derive(TenantEntity)]
        #[tenant(table = $table)]
        struct $name {
            #[tenant(key)]
            id: i64,
            tenant_id: TenantId,
        }
    };
}

table!(Empty, "");
table!(Capital, "Payments");
table!(Digit, "2payments");
table!(Dash, "pay-ments");
table!(Qualified, "public.payments");
table!(Quote, "payments\"; --");
table!(Long, "payments_payments_payments_payments_payments_payments_payments_x");

fn main() {}
