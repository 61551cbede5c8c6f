//! The running server: pages and API, and the worker beside them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use access::Actor;
use store::{Error, Result};
use web::{App, Config, Cx, Lang};

use crate::instance::Instance;
use crate::modules;

/// Threads that run requests up to their first wait; more only share the processors.
const ASYNC_THREADS: usize = 4;
/// Threads that hold a database connection, hash a password or read a file. Each has a heap of its own, which is the memory
/// of a busy server; more than there are connections only wait. (Without a limit tokio makes up to 512.)
const BLOCKING_THREADS: usize = 16;
/// After the signal: how long running requests may take to end, and then the worker its present step.
const REQUESTS_END: Duration = Duration::from_secs(3);
const WORKER_ENDS: Duration = Duration::from_secs(1);

/// Serves until Ctrl-C or SIGTERM, then finishes what it has taken and closes the store. `ready` is called when the address
/// is open.
pub fn serve(instance: &Instance, config: Config, listen: SocketAddr, mail: Option<work::MailConfig>, ready: impl FnOnce()) -> Result<()> {
    let app = instance.app(config);
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(cores.clamp(2, ASYNC_THREADS))
        .max_blocking_threads(BLOCKING_THREADS)
        .enable_all()
        .build()
        .map_err(Error::internal)?;
    let listener = runtime.block_on(tokio::net::TcpListener::bind(listen)).map_err(|e| taken(listen, &e))?;
    let worker = worker(instance, mail)?.spawn(Duration::from_secs(2))?;
    ready();
    let done = runtime.block_on(answer(listener, app));
    // requests still running after their time are given up: nothing of them was acknowledged
    runtime.shutdown_timeout(Duration::from_millis(300));
    worker.stop(WORKER_ENDS);
    instance.store.close();
    done
}

/// Is the address free? Asked before long work, so that it is not done for nothing.
pub fn is_free(listen: SocketAddr) -> Result<()> {
    std::net::TcpListener::bind(listen).map(drop).map_err(|e| taken(listen, &e))
}

fn taken(listen: SocketAddr, e: &std::io::Error) -> Error {
    let why = match e.kind() {
        std::io::ErrorKind::AddrInUse => "một chương trình khác (có thể là một Lá Chắn đang chạy) đang dùng".to_owned(),
        std::io::ErrorKind::PermissionDenied => "không có quyền".to_owned(),
        std::io::ErrorKind::AddrNotAvailable => "máy này không có địa chỉ đó".to_owned(),
        _ => e.to_string(),
    };
    let other = SocketAddr::new(listen.ip(), if listen.port() < 1024 { 8080 } else { listen.port().saturating_add(1) });
    Error::Unavailable(format!("Không mở được địa chỉ {listen}: {why}. Chọn cổng khác, ví dụ --listen {other}."))
}

/// Answers until the signal; then what is running, but waits for no connection that only stays open.
async fn answer(listener: tokio::net::TcpListener, app: App) -> Result<()> {
    resume_imports(&app).await?;
    let service = web::router(app).into_make_service_with_connect_info::<SocketAddr>();
    let (tell, told) = tokio::sync::watch::channel(false);
    tokio::spawn(async move {
        stop().await;
        let _ = tell.send(true);
    });
    let stopping = |mut told: tokio::sync::watch::Receiver<bool>| async move {
        let _ = told.wait_for(|s| *s).await;
    };
    let late = stopping(told.clone());
    tokio::select! {
        ended = axum::serve(listener, service).with_graceful_shutdown(stopping(told)) => ended.map_err(Error::internal),
        () = async { late.await; tokio::time::sleep(REQUESTS_END).await } => Ok(()),
    }
}

async fn stop() {
    let ctrl_c = async { drop(tokio::signal::ctrl_c().await) };
    let term = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut s) => drop(s.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! { () = ctrl_c => {}, () = term => {} }
}

/// Imports that were cut off go on where they stopped.
async fn resume_imports(app: &App) -> Result<()> {
    let waiting = app.read(registers::files::job::unfinished).await?;
    for (job, account) in waiting {
        let (app, roles) = (app.clone(), app.roles.clone());
        tokio::spawn(async move {
            let actor = if account.starts_with("system:") {
                Ok(Actor::system("import"))
            } else {
                app.read(move |tx| access::actor_of_account(tx, &roles, &account)).await
            };
            let done = match actor {
                Ok(actor) => web::pages::run_import(&app, &actor, &job).await,
                Err(e) => Err(e),
            };
            if let Err(e) = done {
                tracing::error!(job = %job, error = %e, "import");
            }
        });
    }
    Ok(())
}

/// Jobs of the modules on their schedule, their reactions to events, mail.
fn worker(instance: &Instance, mail: Option<work::MailConfig>) -> Result<work::Worker> {
    let mut worker = work::Worker::new(instance.store.clone());
    let mut lines = Vec::new();
    for m in modules::ALL {
        for job in m.jobs() {
            let kind = format!("{}.{}", m.name(), job.name);
            lines.push(work::Schedule { kind: kind.clone(), when: work::When::Every { seconds: job.every_s } });
            let reg = Arc::clone(&instance.registry);
            worker = worker.handler(
                &kind,
                Box::new(move |store, _, progress| {
                    let mut after = None;
                    loop {
                        let (reg, from): (_, Option<String>) = (Arc::clone(&reg), after.take());
                        after = store.write_blocking(move |tx| {
                            let today = web::fmt::day_of(tx.now());
                            (job.run)(&Cx { registry: &reg, today: &today, lang: Lang::Vi }, tx, from.as_deref())
                        })?;
                        if after.is_none() {
                            return Ok(work::Outcome::Done(serde_json::Value::Null));
                        }
                        // it begins anew at the next start: what is done already is found done
                        if progress.stopping() {
                            return Ok(work::Outcome::Again { after: 1 });
                        }
                        // others wait for the single writer
                        progress.report(0, 0, "")?;
                    }
                }),
            );
        }
    }
    lines.push(work::Schedule { kind: "access.purge".into(), when: work::When::Daily { hour: 3, minute: 10 } });
    worker = worker.handler(
        "access.purge",
        Box::new(|store, _, _| {
            store.write_blocking(|tx| {
                access::purge_sessions(tx)?;
                tx.purge_idempotency(30).map(drop)
            })?;
            Ok(work::Outcome::Done(serde_json::Value::Null))
        }),
    );
    for (kind, handler) in modules::ALL.iter().flat_map(|m| m.handlers(&instance.registry, &instance.roles)) {
        worker = worker.handler(kind, handler);
    }
    worker = worker.handler(web::pages::VERIFY_JOB, web::pages::verify_job(Arc::clone(&instance.registry)));
    let reg = Arc::clone(&instance.registry);
    let react: work::React = Box::new(move |tx, event| {
        let today = web::fmt::day_of(tx.now());
        let cx = Cx { registry: &reg, today: &today, lang: Lang::Vi };
        modules::ALL.iter().try_for_each(|m| m.on(&cx, event, tx))
    });
    let worker = worker.schedule(lines).subscribers(vec![work::Subscriber { name: "modules", wants: |_| true, react }]);
    Ok(match mail {
        None => worker,
        Some(c) => worker.mailer(Arc::new(work::SmtpMailer::new(c))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_address_is_said_with_another_to_try() {
        let held = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let at = held.local_addr().unwrap();
        let Err(Error::Unavailable(said)) = is_free(at) else { panic!("it is held") };
        assert!(said.contains("đang dùng") && said.contains(&format!("--listen 127.0.0.1:{}", at.port().saturating_add(1))), "{said}");
        drop(held);
        assert!(is_free(at).is_ok());
    }
}
