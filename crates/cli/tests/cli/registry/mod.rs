//! Publishes the filters to a real registry, reads them with another client, and checks them by their runtimes' rules.

mod attached;
mod broken;
mod cut;
mod forged;
mod moved;
mod published;
mod refused;
mod runs;
mod signed;

use harness::suite::Case;
use harness::{parts, registry};

use crate::run::SKOPEO;

pub(crate) const TESTS: [Case; 30] = [
    ("registry::images_are_read_back_as_they_were_pushed", published::read_back),
    ("registry::pulled_modules_run_in_envoy", runs::pulled),
    ("registry::dockers_manifests_are_accepted", published::dockers),
    ("registry::a_module_made_for_one_configuration_has_an_image_of_its_own", published::specialized),
    ("registry::an_unchanged_image_is_not_sent_again", published::again),
    ("registry::a_dry_run_sends_nothing", published::dry_run),
    ("registry::packed_directories_are_images", published::packed),
    ("registry::credentials_are_read_from_the_usual_files", refused::credentials),
    ("registry::credential_helpers_are_asked", refused::helpers),
    ("registry::a_missing_image_is_named", refused::missing),
    ("registry::tags_are_checked_before_a_push", refused::tags),
    ("registry::a_registry_that_is_down_is_named", refused::down),
    ("registry::capital_letters_are_refused", refused::capitals),
    ("registry::a_filter_is_not_a_tag", refused::filter_for_tag),
    ("registry::an_interrupted_push_changes_nothing", refused::interrupted),
    ("registry::unusual_images_are_accepted", broken::unusual),
    ("registry::broken_images_are_refused_with_the_reason", broken::all),
    ("registry::signatures_are_accepted_by_openssl", signed::published),
    ("registry::signing_again_adds_nothing", signed::again),
    ("registry::referrers_of_others_stay", signed::of_others),
    ("registry::a_dry_run_signs_nothing", signed::dry_run),
    ("registry::a_registry_with_a_password_has_signatures", signed::with_password),
    ("registry::keys_of_several_kinds_sign", signed::keys),
    ("registry::forged_signatures_are_refused_with_the_reason", forged::all),
    ("registry::what_others_attach_hides_no_signature", forged::beside),
    ("registry::a_signature_does_not_make_an_image_another_one", moved::swapped),
    ("registry::a_mirror_is_named", moved::mirrored),
    ("registry::bundles_name_their_image", moved::in_bundles),
    ("registry::what_is_attached_is_listed_and_what_is_missing", attached::listed),
    ("registry::a_bill_of_materials_that_differs_from_the_signed_one_is_refused", attached::tampered),
];

/// The path of add-header's image below a registry.
const IMAGE: &str = "proxy-wasm-filters/add-header";

pub(crate) fn missing() -> Option<String> {
    parts::missing_for_demo().or_else(|| parts::missing_of(&[registry::PROGRAM, SKOPEO, signed::OPENSSL]))
}
