//! Macros that declare a statistics record together with its conversion from the core's message.

/// Conversion from a value of the native core.
pub(super) trait Mirror<T> {
    fn mirror(native: T) -> Self;
}

impl<T> Mirror<T> for T {
    fn mirror(native: T) -> Self {
        native
    }
}

/// Defines a record and its conversion. `field = name: Type` reads a field that has another name in
/// the core.
macro_rules! mirror {
    (
        $(#[$doc:meta])*
        pub struct $name:ident from $native:path {
            $($field:ident $(= $other:ident)?: $type:ty,)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Default, Clone)]
        pub struct $name {
            $(pub $field: $type,)*
        }

        impl $crate::stats::mirror::Mirror<$native> for $name {
            fn mirror(native: $native) -> Self {
                Self {
                    $($field: $crate::stats::mirror::Mirror::mirror(
                        $crate::stats::mirror::field!(native $field $($other)?)
                    ),)*
                }
            }
        }
    };
}

macro_rules! field {
    ($native:ident $field:ident) => {
        $native.$field
    };
    ($native:ident $field:ident $other:ident) => {
        $native.$other
    };
}

/// Defines an enum and its conversion. An unknown number becomes the value after `else`, or `None`
/// without `else`.
macro_rules! state {
    (
        $(#[$doc:meta])*
        pub enum $name:ident { $($state:ident = $native:ident,)* } $(else $default:ident)?
    ) => {
        $(#[$doc])*
        #[derive(Debug, Copy, Clone, PartialEq, Eq)]
        pub enum $name {
            $($state,)*
        }

        $(
            impl Default for $name {
                fn default() -> Self {
                    Self::$default
                }
            }

            impl $crate::stats::mirror::Mirror<i32> for $name {
                fn mirror(native: i32) -> Self {
                    Option::mirror(Some(native)).unwrap_or_default()
                }
            }
        )?

        impl $crate::stats::mirror::Mirror<Option<i32>> for Option<$name> {
            fn mirror(native: Option<i32>) -> Self {
                match $crate::proto::$name::try_from(native?).ok()? {
                    $($crate::proto::$name::$native => Some($name::$state),)*
                }
            }
        }
    };
}

pub(crate) use {field, mirror, state};
