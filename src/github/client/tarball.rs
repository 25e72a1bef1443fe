//! Downloading the archive of a commit.

use std::path::Path;
use std::time::Duration;

use tokio::fs::File;
use tokio::io::AsyncWriteExt;

use super::call::Call;
use super::connection::{Answer, part};
use super::error::{GitHubError, classify};
use super::port::ReadPort;
use super::transport::read;
use crate::base::Sha;

/// The longest a download may take altogether; each part of it has the client's own timeout.
const DOWNLOAD_TIMEOUT: Duration = Duration::from_secs(600);

/// What became of a download.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Downloaded {
    /// All of it is in the file.
    Saved {
        /// Its length.
        bytes: u64,
    },
    /// It is longer than the limit. The file holds a part.
    TooLarge,
    /// There is no such archive: the server makes none or gives none away, or the commit is unknown.
    /// Read the tree and its blobs instead.
    Unsupported,
}

impl ReadPort {
    /// Saves the archive (tar, gzip) of a commit as the new file `path`, at most `bytes_max` long.
    ///
    /// The token goes to the API only, never to the host that GitHub names for the download.
    ///
    /// # Errors
    ///
    /// [`GitHubError::Network`] also for a file that cannot be written, and after ten minutes;
    /// [`GitHubError::Unexpected`] for a redirect that must not be followed.
    pub async fn tarball(
        &self,
        sha: &Sha,
        path: &Path,
        bytes_max: u64,
    ) -> Result<Downloaded, GitHubError> {
        let download = self.download(sha, path, bytes_max);
        let outcome = tokio::time::timeout(DOWNLOAD_TIMEOUT, download).await;
        outcome.unwrap_or(Err(GitHubError::Network { maybe_done: false }))
    }

    async fn download(
        &self,
        sha: &Sha,
        path: &Path,
        bytes_max: u64,
    ) -> Result<Downloaded, GitHubError> {
        let call = Call::get("/repos/{owner}/{repo}/tarball/{sha}").with("sha", sha);
        let answer = self.port.open(&call).await?;
        if answer.status().is_success() {
            return save(answer, path, bytes_max).await;
        }
        let error = classify(&read(answer).await?, self.port.app().transport().now());
        if !error.retryable() || error == GitHubError::Server(501) {
            tracing::info!(%sha, %error, "no archive is to be had");
            return Ok(Downloaded::Unsupported);
        }
        Err(error)
    }
}

async fn save(mut answer: Answer, path: &Path, bytes_max: u64) -> Result<Downloaded, GitHubError> {
    let local = |error: std::io::Error| {
        tracing::warn!(%error, "the archive could not be written to disk");
        GitHubError::Network { maybe_done: false }
    };
    let mut file = File::create(path).await.map_err(local)?;
    let mut bytes = 0;
    while let Some(part) = part(&mut answer).await? {
        bytes += part.len() as u64;
        if bytes_max < bytes {
            return Ok(Downloaded::TooLarge);
        }
        file.write_all(&part).await.map_err(local)?;
    }
    file.flush().await.map_err(local)?;
    Ok(Downloaded::Saved { bytes })
}
