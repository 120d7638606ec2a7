//! Lists by filter and order, part by part; what a cursor is good for, and what not.

#![expect(clippy::cast_precision_loss, clippy::cast_sign_loss, reason = "the numbers are small")]

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tenancy_core::{Cursor, Error, ErrorKind, Filter, List, Page, TenantId};
use tenancy_sqlx::TenantDb;
use time::{Duration, OffsetDateTime};

use super::ledger::{Ledger, on_every_ledger};
use crate::harness::{Customer, Invoice, Status};

on_every_ledger!(
    sorts_alike_and_pages_to_the_end,
    stays_stable_under_inserts,
    lists_what_matches,
    hands_on_a_cursor_by_key,
    refuses_the_cursor_of_another_tenant,
    refuses_the_cursor_of_another_list,
    refuses_an_altered_cursor,
    seals_with_the_secret_of_the_options,
    brings_pages_into_bounds,
);

/// Ties, nulls and all directions: 30 rows in each of two tenants.
async fn thirty(ledger: &Ledger) {
    let day = |days| OffsetDateTime::UNIX_EPOCH + Duration::days(days);
    ledger
        .for_both(|tenant| {
            let row = |id: i64| Invoice {
                total: id % 4,
                rate: (id % 3 != 0).then_some((id % 5) as f64 / 4.0),
                note: (id % 4 != 1).then(|| ["b", "a", "ä", "B"][(id % 4) as usize].to_owned()),
                due: (id % 2 == 0).then(|| day(id % 7)),
                status: [Status::Open, Status::Paid][(id % 2) as usize],
                ..Invoice::new(tenant, id)
            };
            (1..=30).map(row).collect()
        })
        .await;
}

async fn list(db: &TenantDb, tenant: TenantId, list: List<Invoice>) -> Result<Vec<i64>, Error> {
    let mut ids = Vec::new();
    let mut part = list.clone();
    loop {
        let slice = db.read(tenant).repo::<Invoice>().list(part).await?;
        assert!(slice.items.iter().all(|row| row.tenant_id == tenant));
        assert_eq!(slice.has_more, slice.next.is_some());
        ids.extend(slice.items.iter().map(|row| row.id));
        match slice.next {
            Some(next) => part = list.clone().after(next),
            None => return Ok(ids),
        }
    }
}

/// A part and the cursor behind it.
async fn part(db: &TenantDb, tenant: TenantId, list: List<Invoice>) -> (Vec<i64>, Option<Cursor>) {
    let slice = db.read(tenant).repo::<Invoice>().list(list).await.expect("a part");
    (slice.items.iter().map(|row| row.id).collect(), slice.next)
}

/// A list of parts of some size, and how its rows compare.
type Lists = Vec<(fn(u16) -> List<Invoice>, fn(&Invoice, &Invoice) -> std::cmp::Ordering)>;

async fn sorts_alike_and_pages_to_the_end(ledger: &Ledger) {
    thirty(ledger).await;
    let mut tx = ledger.db.read(ledger.a);
    let rows = tx.repo::<Invoice>().list(Page::oldest(100)).await.expect("rows").items;
    drop(tx);
    let lists: Lists = vec![
        (
            |limit| List::newest(limit).order_by(Invoice::TOTAL.desc()),
            |a, b| (b.total, b.id).cmp(&(a.total, a.id)),
        ),
        (
            |limit| List::oldest(limit).order_by(Invoice::TOTAL.desc()),
            |a, b| b.total.cmp(&a.total).then(a.id.cmp(&b.id)),
        ),
        (
            |limit| List::oldest(limit).order_by(Invoice::DUE.asc()),
            |a, b| (a.due, a.id).cmp(&(b.due, b.id)),
        ),
        (
            |limit| List::oldest(limit).order_by(Invoice::DUE.desc()),
            |a, b| b.due.cmp(&a.due).then(a.id.cmp(&b.id)),
        ),
        (
            |limit| {
                let list = List::newest(limit).order_by(Invoice::RATE.asc());
                list.order_by(Invoice::DUE.desc()).order_by(Invoice::TOTAL.asc())
            },
            |a, b| {
                let rate = a.rate.partial_cmp(&b.rate).expect("numbers");
                rate.then(b.due.cmp(&a.due)).then(a.total.cmp(&b.total)).then(b.id.cmp(&a.id))
            },
        ),
        (
            |limit| List::newest(limit).order_by(Invoice::ID.asc()).order_by(Invoice::TOTAL.asc()),
            |a, b| a.id.cmp(&b.id),
        ),
    ];
    for (asked, compare) in lists {
        let mut wanted = rows.clone();
        wanted.sort_by(compare);
        let wanted: Vec<_> = wanted.iter().map(|row| row.id).collect();
        for limit in [1, 7, 30, 100] {
            let listed = list(&ledger.db, ledger.a, asked(limit)).await.expect("all parts");
            assert_eq!(listed, wanted, "{:?}", asked(limit));
        }
    }
    // Texts sort as each database does; every row comes once all the same.
    let by_note = List::newest(4).order_by(Invoice::NOTE.asc());
    let mut listed = list(&ledger.db, ledger.a, by_note).await.expect("all parts");
    listed.sort_unstable();
    assert_eq!(listed, (1..=30).collect::<Vec<_>>());
}

async fn stays_stable_under_inserts(ledger: &Ledger) {
    thirty(ledger).await;
    let by_total = || List::newest(10).order_by(Invoice::TOTAL.desc());
    let (first, next) = part(&ledger.db, ledger.a, by_total()).await;
    // One before the place, one behind it, and the row of the place itself goes.
    let high = Invoice { total: 9, ..Invoice::new(ledger.a, 98) };
    let low = Invoice { total: -9, ..Invoice::new(ledger.a, 99) };
    let last = *first.last().expect("ten");
    let changed = ledger.write(ledger.a, async |mut repo| {
        repo.insert_many([high, low]).await?;
        repo.delete(&last).await
    });
    assert!(changed.await.expect("changed"));
    let mut listed = first;
    let mut next = next;
    while let Some(cursor) = next {
        let (more, behind) = part(&ledger.db, ledger.a, by_total().after(cursor)).await;
        listed.extend(more);
        next = behind;
    }
    assert_eq!(listed.last(), Some(&99));
    let mut sorted = listed.clone();
    sorted.sort_unstable();
    let wanted: Vec<_> = (1..=30).chain([99]).collect();
    assert_eq!(sorted, wanted, "each row that was there comes once, and none twice");
}

async fn lists_what_matches(ledger: &Ledger) {
    thirty(ledger).await;
    let paid = || Invoice::STATUS.eq(Status::Paid);
    let some = List::oldest(4).filter(paid()).filter(Invoice::TOTAL.gt(1).or(Invoice::ID.lt(4)));
    let wanted: Vec<_> =
        (1..=30).filter(|id| id % 2 == 1 && (id % 4 > 1 || *id < 4)).collect::<Vec<i64>>();
    assert_eq!(list(&ledger.db, ledger.a, some).await.expect("all parts"), wanted);
    let none = List::oldest(4).filter(!Filter::all());
    assert_eq!(part(&ledger.db, ledger.b, none).await, (vec![], None));
    let delete = async |mut repo: tenancy_sqlx::Repository<'_, Invoice>| repo.delete(&3).await;
    assert!(ledger.write(ledger.a, delete).await.expect("deleted"));
    let first = part(&ledger.db, ledger.a, List::oldest(2).filter(paid())).await.0;
    assert_eq!(first, [1, 5]);
    let first = part(&ledger.db, ledger.b, List::oldest(2).filter(paid())).await.0;
    assert_eq!(first, [1, 3]);
}

async fn hands_on_a_cursor_by_key(ledger: &Ledger) {
    thirty(ledger).await;
    let mut tx = ledger.db.read(ledger.a);
    let slice = tx.repo::<Invoice>().list(Page::newest(3)).await.expect("a part");
    assert_eq!(slice.items.last().map(|row| row.id), Some(28));
    let next = slice.next.expect("more follow");
    // It travels in a URL.
    let next: Cursor = next.to_string().parse().expect("a cursor");
    let slice = tx.repo::<Invoice>().list(List::newest(1).after(next)).await.expect("a part");
    assert_eq!(slice.items.iter().map(|row| row.id).collect::<Vec<_>>(), [27]);
    drop(tx);
    let by_key = Page::<i64>::newest(3).after(20);
    let sorted = List::from(by_key).order_by(Invoice::TOTAL.asc());
    let error = ledger.db.read(ledger.b).repo::<Invoice>().list(sorted).await;
    assert_eq!(error.expect_err("no place").kind(), ErrorKind::Misconfigured);
}

fn assert_refused<T>(result: Result<T, Error>, why: &str) {
    let Err(error) = result else { panic!("it must be refused: {why}") };
    assert_eq!((error.kind(), error.subject()), (ErrorKind::Invalid, Some("cursor")), "{why}");
}

fn by_total() -> List<Invoice> {
    List::newest(3).filter(Invoice::TOTAL.ge(1)).order_by(Invoice::TOTAL.desc())
}

async fn refuses_the_cursor_of_another_tenant(ledger: &Ledger) {
    thirty(ledger).await;
    let (_, next) = part(&ledger.db, ledger.a, by_total()).await;
    let stolen = by_total().after(next.expect("more follow"));
    let mut tx = ledger.db.read(ledger.b);
    let result = tx.repo::<Invoice>().list(stolen.clone()).await;
    let said = format!("{:?}", result.as_ref().err());
    assert!(!said.contains(&ledger.a.to_string()), "no other tenant's id");
    assert_refused(result, "another tenant");
    // Nothing was sent: the transaction goes on.
    assert_eq!(tx.repo::<Invoice>().list(by_total()).await.expect("a part").items.len(), 3);
    drop(tx);
    assert_eq!(part(&ledger.db, ledger.a, stolen).await.0.len(), 3);
}

async fn refuses_the_cursor_of_another_list(ledger: &Ledger) {
    thirty(ledger).await;
    let (_, next) = part(&ledger.db, ledger.a, by_total()).await;
    let next = || next.clone().expect("more follow");
    let mut tx = ledger.db.read(ledger.a);
    let mut repo = tx.repo::<Invoice>();
    let of = || List::newest(3).order_by(Invoice::TOTAL.desc());
    for (list, why) in [
        (of(), "no filter"),
        (of().filter(Invoice::TOTAL.ge(2)), "another value"),
        (of().filter(Invoice::TOTAL.gt(1)), "another comparison"),
        (of().filter(Invoice::ID.ge(1)), "another column"),
        (of().filter(!Invoice::TOTAL.ge(1)), "negated"),
        (of().filter(Invoice::TOTAL.ge(1)).filter(Invoice::NOTE.contains("")), "more filters"),
        (List::oldest(3).filter(Invoice::TOTAL.ge(1)).order_by(Invoice::TOTAL.desc()), "oldest"),
        (List::newest(3).filter(Invoice::TOTAL.ge(1)).order_by(Invoice::TOTAL.asc()), "ascending"),
        (List::newest(3).filter(Invoice::TOTAL.ge(1)).order_by(Invoice::VERSION.desc()), "version"),
        (List::newest(3).filter(Invoice::TOTAL.ge(1)), "by key alone"),
        (by_total().order_by(Invoice::RATE.asc()), "more columns"),
    ] {
        assert_refused(repo.list(list.after(next())).await, why);
    }
    let customers = Invoice::CUSTOMER_ID.joins::<Customer>();
    let joined = repo.list_left_joined(customers, by_total().after(next())).await;
    assert_refused(joined, "joined");
    assert_refused(
        tx.repo::<Invoice>().with_deleted().list(by_total().after(next())).await,
        "with deleted rows",
    );
    // The size of a part may differ.
    let rest = List::newest(100).filter(Invoice::TOTAL.ge(1)).order_by(Invoice::TOTAL.desc());
    let rest = tx.repo::<Invoice>().list(rest.after(next())).await.expect("a part");
    assert_eq!(rest.items.len(), 20);
    drop(tx);
    let customers = List::<Customer>::newest(3).after(next());
    let other = ledger.db.read(ledger.b).repo::<Customer>().list(customers).await;
    assert_refused(other, "another entity");
}

async fn refuses_an_altered_cursor(ledger: &Ledger) {
    thirty(ledger).await;
    let (_, next) = part(&ledger.db, ledger.a, by_total()).await;
    let bytes = URL_SAFE_NO_PAD.decode(next.expect("more follow").as_str()).expect("base64");
    let mut tx = ledger.db.read(ledger.a);
    let mut repo = tx.repo::<Invoice>();
    let mut altered: Vec<Vec<u8>> = (0..bytes.len())
        .map(|at| {
            let mut other = bytes.clone();
            other[at] ^= 1;
            other
        })
        .collect();
    altered.extend((0..bytes.len()).map(|length| bytes[..length].to_vec()));
    altered.push([&bytes[..], &[0]].concat());
    altered.push(vec![0; 100_000]);
    for bytes in altered.iter().filter(|bytes| !bytes.is_empty()) {
        let cursor: Cursor = URL_SAFE_NO_PAD.encode(bytes).parse().expect("a text of its form");
        assert_refused(repo.list(by_total().after(cursor)).await, "altered");
    }
    for text in ["", "a b", "'; DROP TABLE invoices; --", "ä", "\0", "a=="] {
        assert_refused(text.parse::<Cursor>(), text);
    }
    let short: Cursor = "A".parse().expect("a text of its form");
    assert_refused(repo.list(by_total().after(short)).await, "no base64");
    drop(tx);
    assert_eq!(part(&ledger.db, ledger.b, by_total()).await.0.len(), 3);
}

async fn seals_with_the_secret_of_the_options(ledger: &Ledger) {
    thirty(ledger).await;
    let (_, without) = part(&ledger.db, ledger.a, by_total()).await;
    let without = without.expect("more follow");
    if ledger.is_in_memory() {
        return;
    }
    let one = ledger.open_again(|options| options.cursor_key(b"one")).await;
    let same = ledger.open_again(|options| options.cursor_key(b"one")).await;
    let other = ledger.open_again(|options| options.cursor_key(b"other")).await;
    let (wanted, next) = part(&one, ledger.a, by_total()).await;
    let next = next.expect("more follow");
    assert_eq!(wanted.len(), 3);
    // Another node with the same secret goes on.
    assert_eq!(part(&same, ledger.a, by_total().after(next.clone())).await.0.len(), 3);
    for (db, cursor) in [(&other, next.clone()), (&ledger.db, next), (&one, without)] {
        let refused = db.read(ledger.a).repo::<Invoice>().list(by_total().after(cursor)).await;
        assert_refused(refused, "another secret");
    }
    for db in [one, same, other] {
        db.close().await;
    }
}

async fn brings_pages_into_bounds(ledger: &Ledger) {
    let rows = |tenant| (1..=1_100).map(|id| Invoice::new(tenant, id)).collect();
    ledger.for_both(rows).await;
    let huge = part(&ledger.db, ledger.a, List::newest(u16::MAX)).await;
    assert_eq!((huge.0.len(), huge.1.is_some()), (1_000, true));
    let none = part(&ledger.db, ledger.a, List::newest(0).order_by(Invoice::TOTAL.asc())).await;
    assert_eq!((none.0.len(), none.1.is_some()), (1, true));
}
