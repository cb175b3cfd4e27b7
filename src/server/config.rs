//! Configuration: flags, then `ATTEST_...` variables, then defaults. A wrong value stops the start with one line.

use clap::Args;
use std::net::{IpAddr, SocketAddr};

/// What a server is started with.
#[derive(Args, Clone, Debug)]
pub struct Config {
    /// Where the pages and interfaces are served.
    #[arg(long, env = "ATTEST_ADDR", default_value = "127.0.0.1:3000")]
    pub addr: SocketAddr,
    /// Where browsers reach it; https makes cookies Secure and adds HSTS. [default: http://ADDR]
    #[arg(long, env = "ATTEST_PUBLIC_URL")]
    pub public_url: Option<String>,
    /// Allows plain http on an address that others can reach.
    #[arg(long)]
    pub insecure_http: bool,
    /// Hours after a change of the settings that holds back stored advertising ids until those are erased.
    #[arg(long, env = "ATTEST_ERASE_AFTER_HOURS", default_value_t = 72, hide = true)]
    pub erase_after_hours: u32,
    /// Proxies whose X-Forwarded-For counts, separated by commas.
    #[arg(long, env = "ATTEST_TRUSTED_PROXIES", value_delimiter = ',', hide = true)]
    pub trusted_proxies: Vec<IpAddr>,
}

impl Config {
    /// Refuses what would be unsafe, in one line that names the setting.
    pub fn check(&self) -> Result<(), String> {
        let url = self.public_url();
        if !url.starts_with("http://") && !url.starts_with("https://") {
            return Err("--public-url must begin with http:// or https://".to_owned());
        }
        if !self.is_https() && !self.addr.ip().is_loopback() && !self.insecure_http {
            return Err(format!(
                "--addr {}: others could reach it over plain http; give an https --public-url, or --insecure-http",
                self.addr
            ));
        }
        Ok(())
    }

    /// Without a slash at its end.
    pub fn public_url(&self) -> String {
        let given = self.public_url.as_deref().map(|url| url.trim_end_matches('/').to_owned());
        given.unwrap_or_else(|| format!("http://{}", self.addr))
    }

    pub fn is_https(&self) -> bool {
        self.public_url().starts_with("https://")
    }
}
