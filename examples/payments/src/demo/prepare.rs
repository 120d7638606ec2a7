use std::net::SocketAddr;

use tenancy_core::{Error, ErrorKind, TenantDirectory as _, TenantKey};
use tenancy_sqlx::{SqlDirectory, TenantDb};

use super::history::History;
use super::staff::staff;
use super::{Demo, TENANTS};
use crate::Config;
use crate::customers::Customer;
use crate::mode::Mode;
use crate::payments::attempts::Attempt;
use crate::payments::captures::{self, Capture};
use crate::payments::{Payment, PaymentState};
use crate::people::{Account, Member, Roster};
use crate::plans::plans;

/// Makes the demo tenants in an empty directory, and returns those there are.
///
/// # Errors
///
/// [`ErrorKind::Misconfigured`] when the service would be open to the network with keys that
/// anybody can know.
pub(crate) async fn prepare(
    config: &Config,
    db: &TenantDb,
    directory: &SqlDirectory,
) -> Result<&'static [Demo], Error> {
    // In this order: another instance may be making them right now.
    let empty = directory.is_empty().await?;
    let present = are_there(directory).await?;
    if !present && (config.no_demo || !empty) {
        return Ok(&[]);
    }
    if !config.listen.ip().is_loopback() {
        return Err(too_open(config.listen, present));
    }
    if !config.no_demo {
        for demo in &TENANTS {
            make(demo, config, db, directory).await?;
        }
    }
    Ok(&TENANTS)
}

/// Tells whether any of them is known. Their keys may have been revoked: better safe.
async fn are_there(directory: &SqlDirectory) -> Result<bool, Error> {
    for demo in &TENANTS {
        if directory.find(&TenantKey::Id(demo.id())).await?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

fn too_open(listen: SocketAddr, present: bool) -> Error {
    let advice = if present {
        "use another database, or a loopback address such as 127.0.0.1:8080"
    } else {
        "add --no-demo, or use a loopback address such as 127.0.0.1:8080"
    };
    let message = format!(
        "listen at {listen}: that opens the demo tenants to the network, and anybody can know \
         their keys; {advice}"
    );
    Error::new(ErrorKind::Misconfigured, message)
}

/// Makes one tenant, if it is not complete.
///
/// Rows first, then the tenant, then its keys: who has the live key has all the rest, wherever a start
/// was interrupted. Two instances may do this at the same time: what is there already stays.
async fn make(
    demo: &Demo,
    config: &Config,
    db: &TenantDb,
    directory: &SqlDirectory,
) -> Result<(), Error> {
    let (live, test) = (demo.secret(Mode::Live), demo.secret(Mode::Test));
    if directory.find(&TenantKey::ApiKeyHash(live.hash())).await?.is_some() {
        return Ok(());
    }
    let tenant = demo.tenant(&plans(config.requests_per_minute))?;
    unless_there(rows(demo, db).await)?;
    accounts(demo, db).await?;
    unless_there(directory.insert(&tenant).await)?;
    unless_there(directory.insert_api_key(&test, &demo.key(Mode::Test)).await)?;
    unless_there(directory.insert_api_key(&live, &demo.key(Mode::Live)).await)
}

async fn rows(demo: &Demo, db: &TenantDb) -> Result<(), Error> {
    let history = History::of(demo);
    let mut tx = db.tenant(demo.id());
    let members: Vec<_> = staff(demo).into_iter().map(|(_, member)| member).collect();
    tx.repo::<Roster>().insert(Roster::of(demo.id(), &members)).await?;
    tx.repo::<Member>().insert_many(members).await?;
    tx.repo::<Customer>().insert_many(history.customers).await?;
    let payments = tx.repo::<Payment>().insert_many(history.payments).await?;
    tx.repo::<Attempt>().insert_many(history.attempts).await?;
    let captures = tx.repo::<Capture>().insert_many(history.captures).await?;
    let paid = payments.iter().filter(|payment| payment.state == PaymentState::Succeeded);
    for (payment, capture) in paid.zip(&captures) {
        captures::post(&mut tx, capture, payment.currency, capture.created_at).await?;
    }
    tx.commit().await
}

async fn accounts(demo: &Demo, db: &TenantDb) -> Result<(), Error> {
    for (account, _) in staff(demo) {
        if db.read_shared().repo::<Account>().get(&account.email).await?.is_some() {
            continue;
        }
        let mut tx = db.shared();
        match tx.repo::<Account>().insert(account).await {
            Ok(_) => tx.commit().await?,
            other => unless_there(other.map(drop))?,
        }
    }
    Ok(())
}

fn unless_there(result: Result<(), Error>) -> Result<(), Error> {
    match result {
        Err(error) if error.kind() == ErrorKind::Conflict => Ok(()),
        other => other,
    }
}
