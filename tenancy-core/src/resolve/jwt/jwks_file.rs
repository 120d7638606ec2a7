use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use async_trait::async_trait;

use super::JwksSource;
use super::jwk::MAX_DOCUMENT;
use crate::{Error, ErrorKind};

/// A JWKS in a file, such as one that a secret store mounts. It may be replaced at any time.
#[derive(Debug, Clone)]
pub struct JwksFile(PathBuf);

impl JwksFile {
    /// Reads this file, of at most 512 KiB, whenever keys are refreshed.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }
}

#[async_trait]
impl JwksSource for JwksFile {
    async fn fetch(&self) -> Result<Vec<u8>, Error> {
        let path = self.0.clone();
        let read = tokio::task::spawn_blocking(move || read_bounded(&path)).await;
        read.map_err(io::Error::other).and_then(|read| read).map_err(|source| {
            Error::new(ErrorKind::Unavailable, "read the file of a key set").with_source(source)
        })
    }
}

/// Reads one byte more than is allowed, which parsing then refuses.
fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    let mut document = Vec::new();
    File::open(path)?.take(MAX_DOCUMENT as u64 + 1).read_to_end(&mut document)?;
    Ok(document)
}
