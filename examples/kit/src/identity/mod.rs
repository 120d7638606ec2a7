//! Who somebody is: passwords, one-time codes, links that are good once, and the mail that
//! carries them.
//!
//! Nothing in here knows a tenant or a database: a platform keeps what these make.

mod address;
mod link_token;
mod mail;
mod password;
mod token_key;
mod totp;

pub use address::EmailAddress;
pub use link_token::LinkToken;
pub use mail::{FolderMailer, Mail, Mailer, NoMailer};
pub use password::{Password, PasswordHash, PasswordHasher};
pub use token_key::TokenKey;
pub use totp::{RecoveryCode, TotpSecret};
