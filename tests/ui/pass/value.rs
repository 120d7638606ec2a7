use tenancy_core::entity::{FromValue, Kind, ToValue, Value};
use tenancy_core::{ErrorKind, TenantId};
use tenancy_sqlx::TenantValue;

#[derive(Debug, PartialEq, TenantValue)]
struct InvoiceId(i64);

#[derive(Debug, PartialEq, TenantValue)]
struct Nickname {
    text: Option<String>,
}

#[derive(Debug, PartialEq, TenantValue)]
struct ParentTenant(TenantId);

#[expect(clippy::upper_case_acronyms, reason = "currencies are written so")]
#[derive(Debug, PartialEq, TenantValue)]
enum Status {
    Draft,
    PastDue,
    EUR,
    #[tenant(rename = "Written Off")]
    WrittenOff = 9,
    r#Final,
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

#[test]
fn a_newtype_is_stored_as_its_field_is() {
    assert_eq!((InvoiceId::KIND, InvoiceId::NULLABLE), (Kind::Int, false));
    assert_eq!(InvoiceId(4).to_value(), Value::Int(4));
    assert_eq!(InvoiceId::from_value(Value::Int(4)).expect("it is an integer"), InvoiceId(4));

    assert_eq!((Nickname::KIND, Nickname::NULLABLE), (Kind::Text, true));
    let none = Nickname { text: None };
    assert_eq!(none.to_value(), Value::Null(Kind::Text));
    assert_eq!(Nickname::from_value(none.to_value()).expect("null is no text"), none);

    assert_eq!((Option::<InvoiceId>::KIND, Option::<InvoiceId>::NULLABLE), (Kind::Int, true));
}

#[test]
fn a_newtype_refuses_what_its_field_refuses() {
    for tenant in [TenantId::generate(), TenantId::generate()] {
        let stored = Value::Uuid(tenant.uuid());
        assert_eq!(ParentTenant::from_value(stored).expect("it is an id"), ParentTenant(tenant));
    }
    let error = ParentTenant::from_value(Value::Int(1)).expect_err("it is no id");
    assert_eq!(error.kind(), ErrorKind::Internal);
}

#[test]
fn an_enum_is_stored_as_text_and_read_back() {
    assert_eq!((Status::KIND, Status::NULLABLE), (Kind::Text, false));
    let cases = [
        (Status::Draft, "draft"),
        (Status::PastDue, "past_due"),
        (Status::EUR, "eur"),
        (Status::WrittenOff, "Written Off"),
        (Status::Final, "final"),
    ];
    for (status, stored) in cases {
        assert_eq!(status.to_value(), text(stored));
        assert_eq!(Status::from_value(text(stored)).expect("it was stored"), status);
    }
}

#[test]
fn an_unknown_text_names_the_type_and_not_the_text() {
    for unknown in ["written_off", "Draft", ""] {
        let error = Status::from_value(text(unknown)).expect_err("no variant has it");
        assert_eq!(error.kind(), ErrorKind::Internal);
        assert_eq!(error.message(), "read a column: the text is no `Status`");
    }
    let error = Status::from_value(Value::Null(Kind::Text)).expect_err("null is no text");
    assert_eq!(error.message(), "read a column: expected Text, found null");
}
