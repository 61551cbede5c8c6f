//! What every handler shares.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use access::{Actor, Roles, SignInLimit};
use registers::Registry;
use store::{Clock, Result, Store, Tx};

use crate::budget::Budget;
use crate::fmt;
use crate::module::{MenuCount, Module};
use crate::spool::Folder;
use crate::touch::Touched;
use crate::uploads::Sent;

/// Settings of the web door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Address people use, e.g. `https://lachan.saomai.gov.vn`, without a slash at the end. Checked against `Origin`.
    pub base_url: String,
    /// Cookies only over HTTPS.
    pub secure_cookies: bool,
    /// Demo instance: the sign-in page names the demo accounts.
    pub demo: bool,
    /// Name of the province or agency in the page title; empty = none.
    pub place: String,
    /// Addresses of proxies whose `X-Forwarded-For` is believed (for the rate limit).
    pub trusted_proxies: Vec<String>,
    /// Longest time a request may take, seconds.
    pub timeout_s: u64,
    /// Greatest file of a record, bytes; at most [`registers::MOST_FILE`].
    pub most_file: usize,
    /// Where uploads lie until they are stored; `None` = a folder of the system's own for temporary files.
    pub upload_folder: Option<PathBuf>,
    /// Bytes that bodies on their way in may take at a time: of memory, and (files of forms) of disk.
    pub most_in_flight: (u64, u64),
    /// Requests a minute from one address to the sign-in form.
    pub sign_in_per_minute: u32,
    /// Roles that ask for a second factor get nothing done without one.
    pub second_factor: bool,
    /// Days without use after which an account is listed as idle.
    pub idle_days: i64,
    /// Is there a way to send mail?
    pub mail: bool,
    /// Days for which the temporary password of an invitation is good.
    pub invitation_days: i64,
    /// Demo accounts shown on the sign-in page: login, password, who it is.
    pub demo_accounts: Vec<(String, String, String)>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            base_url: "http://127.0.0.1:8080".into(),
            secure_cookies: false,
            demo: false,
            place: String::new(),
            trusted_proxies: vec![],
            timeout_s: 60,
            most_file: registers::MOST_FILE,
            upload_folder: None,
            most_in_flight: (192 << 20, 1 << 30),
            sign_in_per_minute: 20,
            second_factor: false,
            idle_days: 90,
            mail: false,
            invitation_days: 14,
            demo_accounts: vec![],
        }
    }
}

/// Everything behind the doors. Cheap to clone.
#[derive(Clone)]
pub struct App {
    /// The database.
    pub store: Store,
    /// Definitions.
    pub registry: Arc<Registry>,
    /// Roles.
    pub roles: Arc<Roles>,
    /// Settings.
    pub config: Arc<Config>,
    /// The present.
    pub clock: Arc<dyn Clock>,
    /// Parts of the domain, in menu order.
    pub modules: &'static [&'static dyn Module],
    pub(crate) inner: Arc<Inner>,
}

/// Memory of this process only: may be lost at any time.
pub(crate) struct Inner {
    /// By account: µs when read, and what was read.
    pub menu: Mutex<HashMap<String, (i64, Arc<MenuData>)>>,
    pub sign_in: SignInLimit,
    /// Links and codes of new passwords: opening one must not use up the sign-ins of an office behind one address.
    pub recovery: SignInLimit,
    /// By random id; few and short-lived.
    pub uploads: Mutex<HashMap<String, Upload>>,
    /// Files of forms that are not saved yet, by random id.
    pub aside: Mutex<HashMap<String, crate::uploads::Aside>>,
    /// Room for bodies on their way in.
    pub budget: Arc<Budget>,
    /// Where their files lie; dropped after what lies there.
    pub folder: Folder,
    /// Sessions and tokens whose use is being noted, and when that was tried.
    pub touched: crate::touch::Touched,
}

/// What the menu shows beside its lines, kept for half a minute.
#[derive(Default)]
pub(crate) struct MenuData {
    /// Numbers by address.
    pub counts: HashMap<&'static str, MenuCount>,
    /// Name of the actor's agency.
    pub agency: Option<String>,
    /// Notices that wait.
    pub notices: i64,
}

/// A file between its dry run and its import. Lost with the process: then it is asked for again.
#[derive(Clone)]
pub(crate) struct Upload {
    pub account: String,
    pub register: String,
    pub name: String,
    /// Gone once the import began.
    pub file: Option<Sent>,
    pub at: i64,
    /// The import that the first press began.
    pub job: Option<String>,
}

impl App {
    /// Puts the parts together.
    pub fn new(
        store: Store,
        registry: Arc<Registry>,
        roles: Arc<Roles>,
        config: Config,
        clock: Arc<dyn Clock>,
        modules: &'static [&'static dyn Module],
    ) -> Self {
        let limit = || SignInLimit::new(clock.clone(), config.sign_in_per_minute);
        let (sign_in, recovery) = (limit(), limit());
        let inner = Arc::new(Inner {
            menu: Mutex::default(),
            sign_in,
            recovery,
            uploads: Mutex::default(),
            aside: Mutex::default(),
            budget: Arc::new(Budget::new(config.most_in_flight.0, config.most_in_flight.1)),
            folder: Folder::new(config.upload_folder.as_deref()),
            touched: Touched::default(),
        });
        Self { store, registry, roles, config: Arc::new(config), clock, modules, inner }
    }

    /// µs UTC.
    pub fn now(&self) -> i64 {
        self.clock.now()
    }

    /// Today in Vietnam, `YYYY-MM-DD`.
    pub fn today(&self) -> String {
        fmt::day_of(self.now())
    }

    /// Reads in a snapshot.
    pub async fn read<T: Send + 'static>(&self, f: impl FnOnce(&mut Tx) -> Result<T> + Send + 'static) -> Result<T> {
        self.store.read(f).await
    }

    /// Writes; on disk when it returns.
    pub async fn write<T: Send + 'static>(&self, f: impl FnOnce(&mut Tx) -> Result<T> + Send + 'static) -> Result<T> {
        self.store.write(f).await
    }

    /// After somebody changed something their menu numbers are read anew.
    pub(crate) fn forget_menu(&self, actor: &Actor) {
        if let Ok(mut m) = self.inner.menu.lock() {
            m.remove(&actor.id);
        }
    }
}
