//! How values stand in columns, on both databases alike: ids and words as TEXT, times and
//! counts as BIGINT, JSON as TEXT.

use std::error::Error;
use std::str::FromStr;

use protocol::Timestamp;
use sqlx::{ColumnIndex, Decode, Row, Type};

pub(crate) use sqlx::types::Text;

/// A text that is none of the words of an enum.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown word `{0}`")]
pub struct UnknownWord(pub(crate) String);

/// An enum whose variants stand in the database as words.
macro_rules! words {
    ($(#[$meta:meta])* pub enum $name:ident {
        $($(#[$variant_meta:meta])* $variant:ident = $word:literal,)*
    }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$variant_meta])* $variant,)*
        }

        impl $name {
            /// The word that stands in the database and in logs.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::columns::UnknownWord;

            fn from_str(word: &str) -> Result<Self, Self::Err> {
                match word {
                    $($word => Ok(Self::$variant),)*
                    _ => Err($crate::columns::UnknownWord(word.to_owned())),
                }
            }
        }
    };
}

/// Reads a record from a row of either database: one column per field, under the field's name,
/// each by the function of this module that is named after the colon.
macro_rules! from_row {
    ($record:ident { $($field:ident: $how:ident),* $(,)? }) => {
        impl<'r, R: sqlx::Row> sqlx::FromRow<'r, R> for $record
        where
            for<'c> &'c str: sqlx::ColumnIndex<R>,
            bool: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
            i64: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
            Option<i64>: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
            String: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
            Option<String>: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
        {
            fn from_row(row: &'r R) -> sqlx::Result<Self> {
                Ok(Self { $($field: $crate::columns::$how(row, stringify!($field))?),* })
            }
        }
    };
}

pub(crate) use {from_row, words};

fn bad<E: Into<Box<dyn Error + Send + Sync>>>(column: &str) -> impl FnOnce(E) -> sqlx::Error {
    move |cause| sqlx::Error::ColumnDecode { index: column.to_owned(), source: cause.into() }
}

/// The column as it is.
pub(crate) fn plain<'r, R, T>(row: &'r R, column: &str) -> sqlx::Result<T>
where
    R: Row,
    for<'c> &'c str: ColumnIndex<R>,
    T: Decode<'r, R::Database> + Type<R::Database>,
{
    row.try_get(column)
}

/// A text with a meaning: an id, a slug, a word.
pub(crate) fn text<'r, R, T>(row: &'r R, column: &str) -> sqlx::Result<T>
where
    R: Row,
    for<'c> &'c str: ColumnIndex<R>,
    String: Decode<'r, R::Database> + Type<R::Database>,
    T: FromStr<Err: Into<Box<dyn Error + Send + Sync>>>,
{
    plain::<_, String>(row, column)?.parse().map_err(bad(column))
}

/// [`text`], or NULL.
pub(crate) fn optional_text<'r, R, T>(row: &'r R, column: &str) -> sqlx::Result<Option<T>>
where
    R: Row,
    for<'c> &'c str: ColumnIndex<R>,
    Option<String>: Decode<'r, R::Database> + Type<R::Database>,
    T: FromStr<Err: Into<Box<dyn Error + Send + Sync>>>,
{
    plain::<_, Option<String>>(row, column)?
        .map(|text| text.parse())
        .transpose()
        .map_err(bad(column))
}

/// A number that is never negative, or another narrowing of BIGINT.
pub(crate) fn number<'r, R, T>(row: &'r R, column: &str) -> sqlx::Result<T>
where
    R: Row,
    for<'c> &'c str: ColumnIndex<R>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
    T: TryFrom<i64, Error: Into<Box<dyn Error + Send + Sync>>>,
{
    plain::<_, i64>(row, column)?.try_into().map_err(bad(column))
}

/// A time.
pub(crate) fn time<'r, R>(row: &'r R, column: &str) -> sqlx::Result<Timestamp>
where
    R: Row,
    for<'c> &'c str: ColumnIndex<R>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
{
    plain(row, column).map(Timestamp)
}

/// A time, or NULL.
pub(crate) fn optional_time<'r, R>(row: &'r R, column: &str) -> sqlx::Result<Option<Timestamp>>
where
    R: Row,
    for<'c> &'c str: ColumnIndex<R>,
    Option<i64>: Decode<'r, R::Database> + Type<R::Database>,
{
    Ok(plain::<_, Option<i64>>(row, column)?.map(Timestamp))
}

/// JSON in a text column.
pub(crate) fn json<'r, R, T>(row: &'r R, column: &str) -> sqlx::Result<T>
where
    R: Row,
    for<'c> &'c str: ColumnIndex<R>,
    String: Decode<'r, R::Database> + Type<R::Database>,
    T: serde::de::DeserializeOwned,
{
    serde_json::from_str(&plain::<_, String>(row, column)?).map_err(bad(column))
}
