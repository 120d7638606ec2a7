use tenancy_core::entity::{Column, FromTenantRow as _, Kind, Table, TenantEntity as _, Value};
use tenancy_core::{ErrorKind, TenantId};
use tenancy_sqlx::{TenantEntity, TenantValue};

use crate::stored_row::StoredRow;

#[derive(Debug, Clone, PartialEq, TenantValue)]
struct PaymentId(i64);

#[derive(Debug, Clone, PartialEq, TenantValue)]
enum Status {
    Open,
    PastDue,
}

#[derive(Debug, Clone, PartialEq, TenantEntity)]
#[tenant(table = "payments", version = "revision")]
struct Payment {
    #[tenant(key)]
    id: PaymentId,
    tenant_id: TenantId,
    #[tenant(column = "amount_minor")]
    amount: i64,
    r#type: String,
    note: Option<String>,
    status: Status,
    revision: i64,
}

const PAYMENTS: Table = Payment::TABLE;

fn payment(tenant: TenantId, note: Option<&str>) -> Payment {
    Payment {
        id: PaymentId(7),
        tenant_id: tenant,
        amount: 1_250,
        r#type: "card".to_owned(),
        note: note.map(str::to_owned),
        status: Status::PastDue,
        revision: 3,
    }
}

fn two_tenants() -> [TenantId; 2] {
    [TenantId::generate(), TenantId::generate()]
}

#[test]
fn columns_are_the_fields_in_order() {
    let columns: Vec<_> = PAYMENTS
        .columns()
        .iter()
        .map(|column| (column.name(), column.kind(), column.is_nullable()))
        .collect();

    assert_eq!(PAYMENTS.name(), "payments");
    assert_eq!(
        columns,
        [
            ("id", Kind::Int, false),
            ("tenant_id", Kind::Uuid, false),
            ("amount_minor", Kind::Int, false),
            ("type", Kind::Text, false),
            ("note", Kind::Text, true),
            ("status", Kind::Text, false),
            ("revision", Kind::Int, false),
        ]
    );
}

#[test]
fn key_tenant_and_version_have_their_positions() {
    assert_eq!((PAYMENTS.key(), PAYMENTS.tenant(), PAYMENTS.version()), (0, 1, Some(6)));
}

#[test]
fn each_row_tells_its_own_tenant_and_key() {
    let [one, two] = two_tenants();

    assert_eq!(payment(one, None).tenant(), one);
    assert_eq!(payment(two, None).tenant(), two);
    assert_eq!(payment(two, None).key(), &PaymentId(7));
}

#[test]
fn values_come_in_the_order_of_the_columns() {
    for tenant in two_tenants() {
        assert_eq!(
            payment(tenant, None).values(),
            [
                Value::Int(7),
                Value::Uuid(tenant.uuid()),
                Value::Int(1_250),
                Value::Text("card".to_owned()),
                Value::Null(Kind::Text),
                Value::Text("past_due".to_owned()),
                Value::Int(3),
            ]
        );
    }
}

#[test]
fn what_is_stored_is_what_is_read() {
    let [one, two] = two_tenants();
    for stored in [payment(one, None), payment(two, Some("late"))] {
        let mut row = StoredRow::new(stored.values());
        assert_eq!(Payment::from_row(&mut row).expect("it was stored"), stored);

        let kinds = PAYMENTS.columns().iter().map(Column::kind);
        assert_eq!(row.taken, kinds.enumerate().collect::<Vec<_>>());
    }
}

#[test]
fn an_error_names_the_column_and_not_what_it_holds() {
    for tenant in two_tenants() {
        let mut values = payment(tenant, None).values();
        values[2] = Value::Null(Kind::Int);
        let error =
            Payment::from_row(&mut StoredRow::new(values)).expect_err("an amount is no null");
        assert_eq!(error.kind(), ErrorKind::Internal);
        assert_eq!(error.subject(), Some("payments.amount_minor"));

        let mut values = payment(tenant, None).values();
        values[5] = Value::Text("stolen".to_owned());
        let error =
            Payment::from_row(&mut StoredRow::new(values)).expect_err("no status is called so");
        assert_eq!(error.subject(), Some("payments.status"));
        assert!(!format!("{error:?}").contains("stolen"), "{error:?}");

        let short = payment(tenant, None).values()[..6].to_vec();
        let error = Payment::from_row(&mut StoredRow::new(short)).expect_err("a column is missing");
        assert_eq!(error.subject(), Some("payments.revision"));
    }
}

#[derive(TenantEntity)]
#[tenant(table = "shops")]
struct Shop {
    tenant_id: Option<String>,
    #[tenant(tenant, column = "owner_id")]
    owner: TenantId,
    #[tenant(key)]
    name: String,
}

#[test]
fn a_marked_tenant_goes_before_a_named_one() {
    let table = Shop::TABLE;
    assert_eq!((table.key(), table.tenant(), table.version()), (2, 1, None));
    assert_eq!(table.columns()[1].name(), "owner_id");

    let [one, two] = two_tenants();
    for owner in [one, two] {
        let shop = Shop { tenant_id: Some("old".to_owned()), owner, name: "corner".to_owned() };
        assert_eq!(shop.tenant(), owner);
        assert_eq!(shop.key(), "corner");
        assert_eq!(shop.values()[0], Value::Text("old".to_owned()));
        assert_eq!(shop.tenant_id.as_deref(), Some("old"));
    }
}

/// An entity that another macro writes: its types resolve elsewhere than its derive.
macro_rules! note {
    ($name:ident, $table:literal, $key:ty) => {
        #[derive(TenantEntity)]
        #[tenant(table = $table, version = "version")]
        struct $name {
            #[tenant(key)]
            id: $key,
            tenant_id: TenantId,
            version: i64,
        }
    };
}

note!(Memo, "memos", i64);

#[test]
fn another_macro_may_write_an_entity() {
    for tenant_id in two_tenants() {
        let memo = Memo { id: 1, tenant_id, version: 1 };
        assert_eq!(Memo::TABLE.name(), "memos");
        assert_eq!(memo.values(), [Value::Int(1), Value::Uuid(tenant_id.uuid()), Value::Int(1)]);
    }
}
