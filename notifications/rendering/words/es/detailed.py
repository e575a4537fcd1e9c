"""Spanish texts where the patient agreed to detail, in two segments at most. {what} is what each level adds."""

from notifications.rendering.words.shape import LINK
from notifications.states import Kind

WHAT = {1: "con {practitioner}", 2: "para {service} con {practitioner}"}
DETAILED: dict[str, tuple[str, ...]] = {
    Kind.OFFER: (
        "{clinic}: {first_name}, {when}{zone2} {what} está libre. Responda SI o toque {link} para tomarlo, hasta"
        " {deadline}. NO para pasar, STOP: no más. Mensaje automático; ¿preguntas? {phone}",
        "{clinic}: {first_name}, {when}{zone2} {what} está libre. Responda SI o toque {link} hasta {deadline}."
        " NO para pasar, STOP: no más. Automático. {phone}",
        "{clinic}: {first_name}, {when} {what}. Responda SI o toque {link} hasta {deadline}. STOP: no más. Automático.",
    ),
    LINK: (
        "{clinic}: {first_name}, le guardamos {when}{zone2} {what}. Complete su reserva en {link} hasta {deadline}."
        " STOP: no más. Mensaje automático; ¿preguntas? {phone}",
        "{clinic}: {first_name}, le guardamos {when} {what}. Reserve en {link} hasta {deadline}. STOP: no más."
        " Automático.",
    ),
    Kind.RETRACTED: (
        "{clinic}: {first_name}, {when} {what} ya se ocupó. Usted conserva su lugar en la lista. Otros horarios: {link}"
        " o llame al {phone}. STOP: no más. Mensaje automático.",
        "{clinic}: {first_name}, {when} {what} ya se ocupó. Conserva su lugar. Otros horarios: {link} STOP: no más.",
    ),
    Kind.WITHDRAWN: (
        "{clinic}: {first_name}, lo sentimos, {when} {what} ya no está libre. Usted conserva su lugar en la lista."
        " Mensaje automático; ¿preguntas? {phone}",
    ),
    Kind.BOOKED: (
        "{clinic}: {first_name}, su cita es {when}{zone2} {what}. Su código es {code}. Detalles o cambios: {link} o"
        " llame al {phone}. Mensaje automático.",
        "{clinic}: {first_name}, su cita es {when}{zone2} {what}. Detalles o cambios: {link} o llame al {phone}.",
    ),
    Kind.CHANGED: (
        "{clinic}: {first_name}, su cita {when}{zone2} cambió: ahora es {what}. Su código es {code}. Detalles: {link} o"
        " llame al {phone}. Mensaje automático.",
        "{clinic}: {first_name}, su cita {when} cambió: ahora es {what}. Detalles: {link} o llame al {phone}.",
    ),
    Kind.MOVED: (
        "{clinic}: {first_name}, su cita {what} cambió: ahora es {when}{zone2}. Su código es {code}. Detalles:"
        " {link} o llame al {phone}. Mensaje automático.",
        "{clinic}: {first_name}, su cita {what} cambió: ahora es {when}. Detalles: {link} o llame al {phone}.",
    ),
    Kind.CANCELLED: (
        "{clinic}: {first_name}, su cita {when} {what} está cancelada. Usted conserva su lugar en la lista. Mensaje"
        " automático; ¿preguntas? {phone}",
    ),
    Kind.ENDED: (
        "{clinic}: {first_name}, su cita {when} {what} está cancelada, como pidió. Detalles: {link} o llame al {phone}."
        " Mensaje automático.",
    ),
    Kind.LOST: (
        "{clinic}: {first_name}, lo sentimos, su cita {when} {what} está cancelada. Otros horarios: {link} o llame al"
        " {phone}. Mensaje automático.",
    ),
    Kind.GONE: (
        "{clinic}: {first_name}, su cita {when} {what} está cancelada. Otros horarios: {link} o llame al {phone}."
        " Mensaje automático.",
    ),
    Kind.APOLOGY: (
        "{clinic}: {first_name}, lo sentimos mucho, {when} {what} ya estaba ocupado y no es suyo después de todo. Otros"
        " horarios: {link} o llame al {phone}. Mensaje automático.",
        "{clinic}: {first_name}, lo sentimos, {when} {what} ya estaba ocupado. Otros horarios: {link} o llame al"
        " {phone}.",
    ),
    Kind.REMINDER: (
        "{clinic}: {first_name}, le recordamos su cita {when}{zone2} {what}. Responda C o SI para confirmar. Su código"
        " es {code}. Cambios: {link} o llame al {phone}. Mensaje automático. STOP: no más.",
        "{clinic}: {first_name}, su cita es {when}{zone2} {what}. Responda C o SI para confirmar. Cambios: {link} o"
        " llame al {phone}. STOP: no más.",
        "{clinic}: {first_name}, su cita es {when}{zone2} {what}. Responda C o SI para confirmar. ¿Cambios? Llame al"
        " {phone}. Mensaje automático. STOP: no más.",
    ),
}
DETAILED_ASKING = (
    "{clinic}: {first_name}, su cita es {when}{zone2} {what}. Responda C o SI para confirmar. ¿Cambios, o un horario"
    " más temprano? Vea {link} o llame al {phone}. Mensaje automático. STOP: no más.",
)
DETAILED_EARLIER = (
    "{clinic}: {first_name}, hay un horario más temprano {what}, {when}{zone2}. Responda SI o toque {link} hasta"
    " {deadline} para mover su cita. NO para pasar, STOP: no más. Mensaje automático; ¿preguntas? {phone}",
    "{clinic}: {first_name}, {when}{zone2} {what} está libre. Responda SI o toque {link} hasta {deadline} para mover"
    " su cita. STOP: no más. Automático. {phone}",
    "{clinic}: {first_name}, ¿mover a {when} {what}? Responda SI o toque {link} hasta {deadline}. STOP: no más."
    " Automático.",
)
