use std::io::BufRead;

use clap::{Args, Subcommand};
use kit::identity::{EmailAddress, Password, PasswordHasher};
use tenancy_core::{Clock as _, Error, ErrorKind, SystemClock};
use tenancy_sqlx::TenantDb;

use super::{PlatformRole, PlatformUser};
use crate::tokens::{self, KeysCommand};
use crate::{Config, backends};

/// What the program does instead of serving.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// People who run the platform
    #[command(subcommand)]
    PlatformUser(UserCommand),
    /// Keys that sign access tokens
    #[command(subcommand)]
    Keys(KeysCommand),
}

/// What becomes of somebody of the platform.
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Add one; the password is the first line of the standard input
    Add(NewPlatformUser),
}

/// Who is to be added.
#[derive(Debug, Args)]
pub struct NewPlatformUser {
    /// Address to sign in with
    #[arg(long)]
    pub email: String,
    /// Name that others read
    #[arg(long)]
    pub name: String,
    /// What somebody is there for
    #[arg(long, value_enum)]
    pub role: PlatformRole,
}

/// Does what the command says, and ends.
///
/// # Errors
///
/// [`ErrorKind::Invalid`] for a malformed address or a password of other than 12 to 128 characters;
/// [`ErrorKind::Conflict`] when the address is there already; what opening the database says.
pub async fn execute(config: &Config) -> Result<(), Error> {
    match &config.command {
        Some(Command::PlatformUser(UserCommand::Add(new))) => {
            add_user(config, new, std::io::stdin().lock()).await
        }
        Some(Command::Keys(command)) => {
            let (backends, _) = backends::open(config).await?;
            let done = tokens::execute(*command, &backends).await;
            backends.db.close().await;
            done
        }
        None => Ok(()),
    }
}

/// Adds somebody of the platform: whoever can open the database may. There is no other way to the
/// first one, and no password that anybody knows.
async fn add_user(
    config: &Config,
    new: &NewPlatformUser,
    input: impl BufRead,
) -> Result<(), Error> {
    let email = EmailAddress::parse(&new.email)?;
    if new.name.trim().is_empty() {
        return Err(Error::invalid("name", "add somebody to the platform: a name is expected"));
    }
    let mut lines = input.lines();
    let line = lines.next().transpose().map_err(|source| {
        Error::new(ErrorKind::Invalid, "read a password from the standard input")
            .with_source(source)
    })?;
    let password = Password::new(line.unwrap_or_default())?;
    let hash = PasswordHasher::new(1).hash(password).await?;
    let (backends, _) = backends::open(config).await?;
    let name = new.name.trim().to_owned();
    let user = PlatformUser::new(&email, name, new.role, &hash, SystemClock.now());
    let added = insert(&backends.db, user).await;
    backends.db.close().await;
    added
}

async fn insert(db: &TenantDb, user: PlatformUser) -> Result<(), Error> {
    let mut tx = db.shared();
    tx.repo::<PlatformUser>().insert(user).await?;
    tx.commit().await
}
