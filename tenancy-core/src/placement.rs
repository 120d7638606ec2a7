//! Where a tenant's data lives.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::Error;

/// How a tenant's rows are kept apart from others'.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Isolation {
    /// In shared tables, by a tenant column; on Postgres also by row-level security.
    Row,
    /// In tables of its own: a schema on Postgres, a database on MySQL, within the shared connections.
    Schema,
    /// In a database of its own, with connections of its own; on SQLite a file.
    Database,
}

impl Isolation {
    /// All of them, the most shared first.
    pub const ALL: [Self; 3] = [Self::Row, Self::Schema, Self::Database];

    /// Returns the word by which it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Row => "row",
            Self::Schema => "schema",
            Self::Database => "database",
        }
    }
}

/// The name of a database server, as the application's options know it. It is never an address.
///
/// ```
/// use tenancy_core::ServerName;
///
/// assert_eq!(ServerName::parse("eu-1")?.as_str(), "eu-1");
/// assert!(ServerName::parse("postgres://db.internal/app").is_err());
/// # Ok::<(), tenancy_core::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerName(Arc<str>);

impl ServerName {
    /// Reads a name: 1 to 63 of `a-z`, `0-9`, `-` and `_`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for anything else.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let allowed = |byte: u8| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_')
        };
        if (1..=63).contains(&text.len()) && text.bytes().all(allowed) {
            return Ok(Self(text.into()));
        }
        Err(Error::invalid("server", "read the name of a server: 1 to 63 of a-z, 0-9, - and _"))
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ServerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ServerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServerName({})", self.0)
    }
}

/// Where a tenant's data lives, and how it is kept apart.
///
/// Its text is the word of the isolation and, on another server than the first, its name:
///
/// ```
/// use tenancy_core::{Isolation, Placement, ServerName};
///
/// let placement: Placement = "schema@eu1".parse()?;
/// assert_eq!(placement.isolation(), Isolation::Schema);
/// assert_eq!(placement, Placement::schema().on(ServerName::parse("eu1")?));
/// assert_eq!(Placement::row().to_string(), "row");
/// # Ok::<(), tenancy_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Placement {
    isolation: Isolation,
    server: Option<ServerName>,
}

impl Placement {
    /// In shared tables, on the first server.
    pub const fn row() -> Self {
        Self { isolation: Isolation::Row, server: None }
    }

    /// In a schema of its own, on the first server.
    pub const fn schema() -> Self {
        Self { isolation: Isolation::Schema, server: None }
    }

    /// In a database of its own, on the first server.
    pub const fn database() -> Self {
        Self { isolation: Isolation::Database, server: None }
    }

    /// Moves it to another server.
    pub fn on(self, server: ServerName) -> Self {
        Self { server: Some(server), ..self }
    }

    /// Returns how rows are kept apart.
    pub const fn isolation(&self) -> Isolation {
        self.isolation
    }

    /// Returns the server, unless it is the first one.
    pub const fn server(&self) -> Option<&ServerName> {
        self.server.as_ref()
    }
}

impl fmt::Display for Placement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.isolation.as_str())?;
        match &self.server {
            Some(server) => write!(f, "@{server}"),
            None => Ok(()),
        }
    }
}

impl FromStr for Placement {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let (word, server) = match text.split_once('@') {
            Some((word, server)) => (word, Some(ServerName::parse(server)?)),
            None => (text, None),
        };
        let isolation = Isolation::ALL.into_iter().find(|isolation| isolation.as_str() == word);
        let Some(isolation) = isolation else {
            let message = "read a placement: row, schema or database, and @server behind it";
            return Err(Error::invalid("placement", message));
        };
        Ok(Self { isolation, server })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let eu = ServerName::parse("eu-1").unwrap();
        for isolation in Isolation::ALL {
            for server in [None, Some(eu.clone())] {
                let placement = Placement { isolation, server };
                assert_eq!(placement.to_string().parse::<Placement>().unwrap(), placement);
            }
        }
        for text in ["", "rows", "row@", "row@a@b", "Row", "@eu", "row@EU", "row@a b", "row @a"] {
            assert!(text.parse::<Placement>().is_err(), "{text}");
        }
    }
}
