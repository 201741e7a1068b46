//! The journal's tables, as `migrations/journal` makes them.

diesel::table! {
    journal (only) {
        only -> Integer,
        epoch -> Text,
    }
}

diesel::table! {
    transmission (seq) {
        seq -> BigInt,
        line -> Text,
        driver -> Text,
        started_at -> Text,
    }
}

diesel::table! {
    chunk (transmission, n) {
        transmission -> BigInt,
        n -> BigInt,
        at -> Text,
        kind -> Text,
        bytes -> Binary,
        answer -> Binary,
        fault -> Nullable<Text>,
        message -> Nullable<Binary>,
        pieces -> Nullable<Text>,
    }
}

diesel::table! {
    closing (transmission) {
        transmission -> BigInt,
        state -> Text,
        fault -> Nullable<Text>,
        ended_at -> Text,
    }
}

diesel::table! {
    delivery (transmission) {
        transmission -> BigInt,
        at -> Text,
    }
}

diesel::table! {
    file (line, sha256) {
        line -> Text,
        sha256 -> Text,
        transmission -> BigInt,
        name -> Text,
        modified_at -> Nullable<Text>,
    }
}

diesel::allow_tables_to_appear_in_same_query!(transmission, chunk, closing, delivery, file);
