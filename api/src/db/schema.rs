//! The tables, as the migrations make them, for the typed queries.

diesel::table! {
    signing_keys (kid) {
        kid -> Text,
        sealed -> Binary,
        created_at -> Timestamp,
    }
}

diesel::table! {
    districts (district) {
        district -> Text,
        sealed_key -> Binary,
        created_at -> Timestamp,
    }
}

diesel::table! {
    district_heads (district) {
        district -> Text,
        seq -> BigInt,
    }
}

diesel::table! {
    events (district, seq) {
        district -> Text,
        seq -> BigInt,
        at -> Timestamp,
        actor -> Nullable<Text>,
        action -> Text,
        subject -> Text,
        subject_id -> Text,
        area -> Text,
        area_before -> Nullable<Text>,
        person -> Nullable<Text>,
        person_before -> Nullable<Text>,
        version -> BigInt,
        body -> Text,
    }
}

diesel::table! {
    areas (district, code) {
        district -> Text,
        code -> Text,
        level -> Text,
        parent -> Nullable<Text>,
        name -> Text,
        lat -> Double,
        lon -> Double,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
        version -> BigInt,
    }
}

diesel::table! {
    outlines (district, grid) {
        district -> Text,
        grid -> Text,
        ring -> Text,
    }
}

diesel::table! {
    people (district, id) {
        district -> Text,
        id -> Text,
        role -> Text,
        area -> Text,
        active -> Bool,
        gender -> Text,
        birth_year -> Integer,
        lat -> Double,
        lon -> Double,
        skills -> Text,
        weekly_minutes -> Integer,
        availability -> Text,
        phone_index -> Binary,
        sealed -> Binary,
        version -> BigInt,
    }
}

diesel::table! {
    credentials (district, person) {
        district -> Text,
        person -> Text,
        password_hash -> Text,
        changed_at -> Timestamp,
    }
}

diesel::table! {
    beneficiaries (district, id) {
        district -> Text,
        id -> Text,
        grid -> Text,
        category -> Text,
        gender -> Text,
        birth_year -> Integer,
        lat -> Double,
        lon -> Double,
        lives_alone -> Bool,
        mobility -> Text,
        contact -> Text,
        plaque -> Text,
        last_contact -> Nullable<Date>,
        last_visitor -> Nullable<Text>,
        id_index -> Binary,
        sealed -> Binary,
        version -> BigInt,
    }
}

diesel::table! {
    stations (district, id) {
        district -> Text,
        id -> Text,
        area -> Text,
        name -> Text,
        grid -> Text,
        lat -> Double,
        lon -> Double,
        phone -> Text,
        hours -> Text,
    }
}

diesel::table! {
    memorials (district, id) {
        district -> Text,
        id -> Text,
        name -> Text,
        kind -> Text,
        grid -> Text,
        lat -> Double,
        lon -> Double,
    }
}

diesel::table! {
    holidays (district, date, code) {
        district -> Text,
        date -> Date,
        code -> Text,
        name -> Text,
        calendar -> Text,
        lunar_date -> Text,
    }
}

diesel::table! {
    service_kinds (district, code) {
        district -> Text,
        code -> Text,
        name -> Text,
        minutes -> Integer,
        priority -> Integer,
        skills -> Text,
        due_days -> Integer,
    }
}

diesel::table! {
    tasks (district, id) {
        district -> Text,
        id -> Text,
        grid -> Text,
        kind -> Text,
        beneficiary -> Nullable<Text>,
        lat -> Double,
        lon -> Double,
        minutes -> Integer,
        priority -> Integer,
        skills -> Text,
        not_before -> Date,
        due_on -> Date,
        window_start -> Nullable<Integer>,
        window_end -> Nullable<Integer>,
        state -> Text,
        assignee -> Nullable<Text>,
        planned_on -> Nullable<Date>,
        planned_start -> Nullable<Integer>,
        planned_minutes -> Nullable<Integer>,
        plan -> Nullable<Text>,
        created_by -> Nullable<Text>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        version -> BigInt,
    }
}

diesel::table! {
    reports (district, id) {
        district -> Text,
        id -> Text,
        task -> Text,
        person -> Text,
        outcome -> Text,
        sealed -> Binary,
        lat -> Nullable<Double>,
        lon -> Nullable<Double>,
        started_at -> Nullable<Timestamp>,
        ended_at -> Nullable<Timestamp>,
        created_at -> Timestamp,
    }
}

diesel::table! {
    plans (district, id) {
        district -> Text,
        id -> Text,
        area -> Text,
        first_day -> Date,
        last_day -> Date,
        seed -> BigInt,
        measures -> Text,
        created_by -> Nullable<Text>,
        created_at -> Timestamp,
    }
}

diesel::table! {
    plan_visits (district, plan, task) {
        district -> Text,
        plan -> Text,
        task -> Text,
        grid -> Text,
        person -> Nullable<Text>,
        day -> Nullable<Date>,
        start -> Nullable<Integer>,
        travel -> Nullable<Integer>,
        reason -> Text,
    }
}
