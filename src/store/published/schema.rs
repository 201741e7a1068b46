//! The tables of the published store.

diesel::table! {
    published_migration (id) {
        id -> BigInt,
        name -> Text,
    }
}

diesel::table! {
    published_result (id) {
        id -> BigInt,
        source -> BigInt,
        public_id -> Text,
        version -> BigInt,
        replaced_by -> Nullable<BigInt>,
        sample_code -> Text,
        document -> Text,
        sha256 -> Text,
        leaf -> BigInt,
        verdict -> Text,
        scheme -> Text,
        sampled_on -> Text,
        sampled_month -> Text,
        commodity -> Text,
        producer -> Text,
        town -> Text,
        area -> Text,
        place_type -> Text,
        words -> Text,
    }
}
