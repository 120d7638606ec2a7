//! What the database holds by itself, whoever writes: by the numbers of the specification.

use super::{UNLIMITED, authorized, capture, ledger_adds_up, refund};
use crate::harness::{Site, Stack, on_both_stacks};

on_both_stacks!(amounts_and_attempts_are_held_to_each_other, the_past_is_not_changed);

/// Statements that would break a rule, each refused.
async fn all_refused(site: &Site, statements: &[&str]) {
    for statement in statements {
        let refused = site.try_run(statement).await;
        assert!(matches!(refused, Err(sqlx::Error::Database(_))), "{statement}: {refused:?}");
    }
}

async fn amounts_and_attempts_are_held_to_each_other(site: &Site) {
    let server = site.serve(&UNLIMITED).await;
    for slug in ["riverside", "kita"] {
        let bank = server.client(slug);
        let path = authorized(&bank, "one").await;
        capture(&bank, &path, "part", 6_000).await.ok(200);
        let refunded = refund(&bank, &path, "back", 1_000).await.ok(201);
        super::is_refunded(&bank, &refunded).await;
    }
    all_refused(
        site,
        &[
            // P9: refunded, on its way or not, at most captured, at most authorized, at most all.
            "UPDATE payments SET amount_refunded = amount_captured + 1",
            "UPDATE payments SET amount_refunding = amount_captured - amount_refunded + 1",
            "UPDATE payments SET amount_captured = amount_authorized + 1",
            "UPDATE payments SET amount_capturing = amount_authorized - amount_captured + 1",
            "UPDATE payments SET amount_authorized = amount + 1",
            "UPDATE payments SET amount_captured = -1",
            "UPDATE payments SET state = 'paid'",
            // P13 and P15: a payment has one attempt that is not final.
            "INSERT INTO attempts (tenant_id, id, payment_id, connector, state, created_at, \
             updated_at, version) SELECT tenant_id, id, id, 'a', 'unknown', created_at, \
             updated_at, 1 FROM payments UNION ALL SELECT tenant_id, payment_id, payment_id, 'b', \
             'processing', created_at, updated_at, 1 FROM attempts",
            // P14: of a provider no two attempts share a reference.
            "UPDATE attempts SET provider_reference = 'the same'",
            // P18: an account of each code and currency.
            "UPDATE ledger_accounts SET code = 'fee_income'",
            // P24: nothing below the floor, held or not.
            "UPDATE ledger_accounts SET min_balance = balance - held + 1",
            "UPDATE ledger_accounts SET held = -1",
            // P25: a hold is resolved once.
            "UPDATE holds SET posted = amount + 1",
            "UPDATE holds SET posted = 1, state = 'voided'",
            "UPDATE holds SET posted = 1, state = 'expired'",
            "UPDATE holds SET state = 'expired', posted = 0, expires_at = NULL",
            // What a person decides, a person signs; and what is open nobody has decided.
            "UPDATE attempts SET resolved_by = 'user:mara'",
            "UPDATE attempts SET evidence = 'line 17'",
            "UPDATE attempts SET state = 'unknown', resolved_by = 'user:mara', evidence = 'a'",
        ],
    )
    .await;
}

async fn the_past_is_not_changed(site: &Site) {
    let server = site.serve(&UNLIMITED).await;
    let banks = ["riverside", "kita"].map(|slug| server.client(slug));
    all_refused(
        site,
        &[
            // P19: amounts are positive, a currency is the account's.
            "INSERT INTO postings SELECT tenant_id, entry_id, entry_id, account_id, currency, \
             side, 0 FROM postings",
            "INSERT INTO postings SELECT tenant_id, entry_id, entry_id, account_id, 'XXX', \
             side, amount FROM postings",
            // P20: append-only.
            "UPDATE postings SET amount = amount + 1",
            "DELETE FROM postings",
            "UPDATE journal_entries SET effective_at = recorded_at",
            "DELETE FROM journal_entries",
            // P21: a cause makes an entry once.
            "INSERT INTO journal_entries (tenant_id, id, cause_kind, cause_id, sequence, \
             effective_at, recorded_at) SELECT tenant_id, cause_id, cause_kind, cause_id, \
             sequence, effective_at, recorded_at FROM journal_entries",
            // P22: posting, entry and account are of one tenant.
            "INSERT INTO postings SELECT b.tenant_id, a.entry_id, a.entry_id, a.account_id, \
             a.currency, a.side, a.amount FROM postings a JOIN postings b \
             ON a.tenant_id <> b.tenant_id",
        ],
    )
    .await;
    for bank in &banks {
        ledger_adds_up(bank).await;
    }
}

/// P19 on Postgres: at the commit, not before, an entry's debits are its credits.
#[tokio::test]
async fn an_entry_is_balanced_at_its_commit() {
    let site = Site::create(Stack::Servers).await;
    let server = site.serve(&UNLIMITED).await;
    for (legs, good) in [
        (&[][..], false),
        (&[("debit", 5)], false),
        (&[("debit", 5), ("credit", 6)], false),
        (&[("debit", 5), ("debit", 5)], false),
        (&[("debit", 5), ("credit", 5)], true),
        (&[("debit", 3), ("credit", 5), ("debit", 2)], true),
    ] {
        let entered = site.try_run(&entry(legs)).await;
        assert_eq!(entered.is_ok(), good, "{legs:?}: {entered:?}");
    }
    for slug in ["riverside", "kita"] {
        ledger_adds_up(&server.client(slug)).await;
    }
}

/// An entry of some tenant, all of it on one account.
fn entry(legs: &[(&str, i64)]) -> String {
    let legs: Vec<_> = legs
        .iter()
        .map(|(side, amount)| {
            format!(
                "INSERT INTO postings VALUES (a.tenant_id, gen_random_uuid(), e, a.id, \
                 a.currency, '{side}', {amount});"
            )
        })
        .collect();
    let legs = legs.concat();
    format!(
        "DO $$ DECLARE a ledger_accounts; e uuid := gen_random_uuid(); BEGIN \
         SELECT * INTO a FROM ledger_accounts LIMIT 1; \
         INSERT INTO journal_entries VALUES (a.tenant_id, e, 'capture', e, 0, now(), now()); \
         {legs} END $$"
    )
}
