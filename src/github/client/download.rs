//! Beginning a download that the API answers with the address of another host.

use reqwest::Url;

use super::call::Call;
use super::connection::Answer;
use super::error::{GitHubError, header};
use super::port::Port;
use super::redirect::{REDIRECTS_MAX, follow};

impl Port {
    /// Makes a call whose answer is read bit by bit. The token goes to the API only, never to the
    /// host that GitHub names for the download. Redirects are followed by hand, so that each step
    /// is judged.
    pub(super) async fn open(&self, call: &Call) -> Result<Answer, GitHubError> {
        let transport = self.app().transport();
        let mut address = transport.address(&call.path(&self.name()))?;
        let mut token = self.token(None).await?;
        let mut answer = transport.open(&address, &token.secret).await?;
        if answer.status().as_u16() == 401 {
            token = self.token(Some(&token)).await?;
            answer = transport.open(&address, &token.secret).await?;
        }
        for _ in 0..REDIRECTS_MAX {
            if !matches!(answer.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
                return Ok(answer);
            }
            address = next(&address, &answer)?;
            follow(&transport.api, &address)?;
            answer = transport.open(&address, &token.secret).await?;
        }
        if answer.status().is_redirection() {
            return Err(GitHubError::unexpected("a download with too many redirects"));
        }
        Ok(answer)
    }
}

fn next(from: &Url, answer: &Answer) -> Result<Url, GitHubError> {
    let location = header(answer.headers(), "location");
    let location = location.ok_or_else(|| GitHubError::unexpected("a redirect to nowhere"))?;
    let mut next =
        from.join(location).map_err(|_| GitHubError::unexpected("a redirect to no address"))?;
    next.set_fragment(None);
    Ok(next)
}
