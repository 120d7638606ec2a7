use std::fmt;
use std::fs;
use std::io;
use std::path::PathBuf;

use tenancy_core::{Error, ErrorKind, async_trait};

use super::EmailAddress;

/// A mail to one person.
#[derive(Clone)]
pub struct Mail {
    /// Who gets it.
    pub to: EmailAddress,
    /// One line.
    pub subject: String,
    /// Plain text. It may hold a link that opens something: it belongs in no log.
    pub text: String,
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail").field("subject", &self.subject).finish_non_exhaustive()
    }
}

/// Sends mail.
#[async_trait]
pub trait Mailer: Send + Sync + 'static {
    /// Hands a mail over.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`] when it cannot be handed over now.
    async fn send(&self, mail: Mail) -> Result<(), Error>;
}

/// Writes each mail into a file of a folder, for development and tests.
#[derive(Debug)]
pub struct FolderMailer(PathBuf);

impl FolderMailer {
    /// Writes into this folder, and makes it if it is not there.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Misconfigured`] when it cannot be made.
    pub fn open(folder: impl Into<PathBuf>) -> Result<Self, Error> {
        let folder = folder.into();
        fs::create_dir_all(&folder).map_err(|source| {
            Error::new(ErrorKind::Misconfigured, "open the folder for mail").with_source(source)
        })?;
        Ok(Self(folder))
    }
}

#[async_trait]
impl Mailer for FolderMailer {
    async fn send(&self, mail: Mail) -> Result<(), Error> {
        let unsent = |source: io::Error| {
            Error::new(ErrorKind::Unavailable, "write a mail").with_source(source)
        };
        let mut random = [0_u8; 8];
        getrandom::fill(&mut random)
            .map_err(|source| unsent(io::Error::other(source.to_string())))?;
        let subject = mail.subject.replace(['\r', '\n'], " ");
        let text = format!("To: {}\nSubject: {subject}\n\n{}\n", mail.to, mail.text);
        let name = format!("{:016x}.txt", u64::from_be_bytes(random));
        // Under its name only when it is whole: whoever looks finds no half of it.
        let (part, whole) = (self.0.join(format!("{name}.part")), self.0.join(name));
        let write = move || fs::write(&part, text).and_then(|()| fs::rename(&part, &whole));
        let written = tokio::task::spawn_blocking(write).await;
        written.map_err(|source| unsent(io::Error::other(source)))?.map_err(unsent)
    }
}

/// Sends nothing and says so: where nobody has said how mail is sent.
#[derive(Debug)]
pub struct NoMailer;

#[async_trait]
impl Mailer for NoMailer {
    async fn send(&self, mail: Mail) -> Result<(), Error> {
        tracing::warn!(mail.subject, "a mail is not sent: no way to send mail is set");
        Ok(())
    }
}
