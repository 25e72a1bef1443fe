//! Connections for reading.
//!
//! SQLite's are kept open and lent out directly. A pool asks each connection that comes back whether
//! it still lives, which on an embedded database doubles the price of a read and answers nothing:
//! there is no network in between. PostgreSQL has its pool.

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyConnection, AnyPool, Connection as _};
use tokio::sync::{MappedMutexGuard, Mutex, MutexGuard, Semaphore, SemaphorePermit};
use tokio::time::timeout;

use crate::store::StoreError;

/// Where connections for reading come from.
pub(super) enum Readers {
    Pool(AnyPool),
    Kept(Kept),
}

/// As many places as connections: whoever has a place finds one that is free.
pub(super) struct Kept {
    places: Semaphore,
    /// Empty once closed.
    connections: Vec<Mutex<Option<AnyConnection>>>,
    patience: Duration,
}

/// One connection, given back when this is dropped.
pub(super) enum Reader<'a> {
    Pooled(PoolConnection<Any>),
    Kept {
        // Before the place, because fields are dropped in this order.
        connection: MappedMutexGuard<'a, AnyConnection>,
        _place: SemaphorePermit<'a>,
    },
}

impl Readers {
    /// Takes `count` connections out of `pool` and keeps them; a request waits for one of them for
    /// `patience` at most.
    pub(super) async fn keep(
        pool: &AnyPool,
        count: usize,
        patience: Duration,
    ) -> Result<Readers, StoreError> {
        let mut connections = Vec::with_capacity(count);
        for _ in 0..count {
            connections.push(Mutex::new(Some(pool.acquire().await?.detach())));
        }
        Ok(Readers::Kept(Kept { places: Semaphore::new(count), connections, patience }))
    }

    pub(super) async fn get(&self) -> Result<Reader<'_>, StoreError> {
        match self {
            Readers::Pool(pool) => Ok(Reader::Pooled(pool.acquire().await?)),
            Readers::Kept(kept) => kept.get().await,
        }
    }

    /// Waits for reads under way and closes all connections.
    pub(super) async fn close(&self) {
        match self {
            Readers::Pool(pool) => pool.close().await,
            Readers::Kept(kept) => kept.close().await,
        }
    }
}

impl Kept {
    async fn get(&self) -> Result<Reader<'_>, StoreError> {
        let place = timeout(self.patience, self.places.acquire()).await;
        let place = place
            .map_err(|_| StoreError::Database(sqlx::Error::PoolTimedOut))?
            .map_err(|_| StoreError::Closed)?;
        let free = self.connections.iter().find_map(|it| it.try_lock().ok());
        let connection = match free {
            Some(free) => free,
            // Others took and gave back theirs while this one looked; it cannot be long.
            None => self.connections[0].lock().await,
        };
        let connection =
            MutexGuard::try_map(connection, Option::as_mut).map_err(|_| StoreError::Closed)?;
        Ok(Reader::Kept { connection, _place: place })
    }

    async fn close(&self) {
        self.places.close();
        for connection in &self.connections {
            if let Some(connection) = connection.lock().await.take() {
                // Its last words do not matter: nothing was written on it.
                connection.close().await.ok();
            }
        }
    }
}

impl Deref for Reader<'_> {
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        match self {
            Reader::Pooled(connection) => connection,
            Reader::Kept { connection, .. } => connection,
        }
    }
}

impl DerefMut for Reader<'_> {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        match self {
            Reader::Pooled(connection) => connection,
            Reader::Kept { connection, .. } => connection,
        }
    }
}
