//! Running a statement on whichever database is open.
//!
//! Values and rows are plain data on either side of two functions that know both drivers. The
//! drivers' generic code is therefore compiled once, here, and not in every caller and in every
//! crate that awaits one.

use std::fmt::Display;
use std::pin::Pin;

use sqlx::postgres::{PgArguments, PgRow};
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Arguments, Database, Encode, FromRow, Type};

use crate::columns::Text;
use crate::db::Handle;
use crate::error::StoreError;

/// What is bound to a placeholder.
pub(crate) enum Value {
    Text(Option<String>),
    Number(Option<i64>),
    Bool(bool),
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(Some(number))
    }
}

impl From<Option<i64>> for Value {
    fn from(number: Option<i64>) -> Self {
        Self::Number(number)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Bool(flag)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(Some(text))
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::Text(Some(text.clone()))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(Some(text.to_owned()))
    }
}

impl From<Option<&str>> for Value {
    fn from(text: Option<&str>) -> Self {
        Self::Text(text.map(str::to_owned))
    }
}

impl<T: Display> From<Text<T>> for Value {
    fn from(text: Text<T>) -> Self {
        Self::Text(Some(text.0.to_string()))
    }
}

impl<T: Display> From<Option<Text<T>>> for Value {
    fn from(text: Option<Text<T>>) -> Self {
        Self::Text(text.map(|text| text.0.to_string()))
    }
}

fn bind<'v, D, A>(values: Vec<Value>) -> Result<A, sqlx::Error>
where
    D: Database,
    A: Arguments<Database = D> + Default,
    Option<String>: Encode<'v, D> + Type<D>,
    Option<i64>: Encode<'v, D> + Type<D>,
    bool: Encode<'v, D> + Type<D>,
{
    let mut arguments = A::default();
    for value in values {
        match value {
            Value::Text(text) => arguments.add(text),
            Value::Number(number) => arguments.add(number),
            Value::Bool(flag) => arguments.add(flag),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}

/// A statement under way.
type Running<'c, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'c>>;

/// Runs a statement; gives the number of rows it changed.
pub(crate) fn run<'c>(on: Handle<'c>, sql: &'static str, values: Vec<Value>) -> Running<'c, u64> {
    Box::pin(async move {
        Ok(match on {
            Handle::Sqlite(connection) => {
                let arguments: SqliteArguments = bind(values)?;
                sqlx::query_with(sql, arguments).execute(connection).await?.rows_affected()
            }
            Handle::Postgres(connection) => {
                let arguments: PgArguments = bind(values)?;
                sqlx::query_with(sql, arguments).execute(connection).await?.rows_affected()
            }
        })
    })
}

/// Rows as a driver gives them.
pub(crate) enum Rows {
    Sqlite(Vec<SqliteRow>),
    Postgres(Vec<PgRow>),
}

/// Runs a query to its end; gives its rows.
pub(crate) fn rows<'c>(on: Handle<'c>, sql: &'static str, values: Vec<Value>) -> Running<'c, Rows> {
    Box::pin(async move {
        Ok(match on {
            Handle::Sqlite(connection) => {
                let arguments: SqliteArguments = bind(values)?;
                Rows::Sqlite(sqlx::query_with(sql, arguments).fetch_all(connection).await?)
            }
            Handle::Postgres(connection) => {
                let arguments: PgArguments = bind(values)?;
                Rows::Postgres(sqlx::query_with(sql, arguments).fetch_all(connection).await?)
            }
        })
    })
}

impl Rows {
    /// Every row as a record.
    pub(crate) fn read<T>(self) -> Result<Vec<T>, StoreError>
    where
        T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow>,
    {
        let records: sqlx::Result<_> = match self {
            Self::Sqlite(rows) => rows.iter().map(T::from_row).collect(),
            Self::Postgres(rows) => rows.iter().map(T::from_row).collect(),
        };
        Ok(records?)
    }

    /// The first row as a record, if there is one.
    pub(crate) fn read_first<T>(self) -> Result<Option<T>, StoreError>
    where
        T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow>,
    {
        let record = match self {
            Self::Sqlite(rows) => rows.first().map(T::from_row).transpose(),
            Self::Postgres(rows) => rows.first().map(T::from_row).transpose(),
        };
        Ok(record?)
    }
}

/// Runs a statement; gives the number of rows it changed.
macro_rules! execute {
    ($on:expr, $sql:expr $(, $value:expr)* $(,)?) => {
        $crate::db::run(
            $crate::db::Connected::handle($on),
            $sql,
            vec![$($crate::db::Value::from($value)),*],
        )
        .await
    };
}

/// Runs a query; gives all its rows as records of one type.
macro_rules! fetch_all {
    ($on:expr, $record:ty, $sql:expr $(, $value:expr)* $(,)?) => {
        $crate::db::rows(
            $crate::db::Connected::handle($on),
            $sql,
            vec![$($crate::db::Value::from($value)),*],
        )
        .await
        .and_then(|rows| rows.read::<$record>())
    };
}

/// Runs a query; gives its first row as a record, if there is one.
macro_rules! fetch_optional {
    ($on:expr, $record:ty, $sql:expr $(, $value:expr)* $(,)?) => {
        $crate::db::rows(
            $crate::db::Connected::handle($on),
            $sql,
            vec![$($crate::db::Value::from($value)),*],
        )
        .await
        .and_then(|rows| rows.read_first::<$record>())
    };
}

/// Runs a query that always has a row; gives it as a record.
macro_rules! fetch_one {
    ($($arguments:tt)*) => {
        $crate::db::fetch_optional!($($arguments)*).and_then(|record| {
            record.ok_or($crate::error::StoreError::Database(sqlx::Error::RowNotFound))
        })
    };
}

pub(crate) use {execute, fetch_all, fetch_one, fetch_optional};
