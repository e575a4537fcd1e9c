"""Spanish texts at level 0, each in one segment, once it has lost the accents that cost another. As in English each
begins with whom it is from, and none begins or ends with a link."""

from notifications.rendering.words.shape import LINK
from notifications.states import Kind

TEXTS: dict[str, tuple[str, ...]] = {
    Kind.OFFER: (
        "{clinic}: hay un horario libre, {when}. Responda SI o toque {link} para tomarlo, hasta {deadline}."
        " NO para pasar, STOP para no recibir más.",
        "{clinic}: {when} está libre. Responda SI o toque {link} hasta {deadline}. NO para pasar, STOP: no más.",
        "{clinic}: {when} está libre. Responda SI o toque {link} hasta {deadline}. STOP: no más",
        "{clinic}: {when}. Responda SI o {link} hasta {deadline}. STOP: no más",
    ),
    LINK: (
        "{clinic}: le guardamos {when}. Complete su reserva en {link} hasta {deadline}, o será de otra persona."
        " STOP para no recibir más.",
        "{clinic}: le guardamos {when}. Complete su reserva en {link} hasta {deadline}. STOP: no más",
        "{clinic}: {when}, guardado para usted. Reserve en {link} hasta {deadline}. STOP: no más",
        "{clinic}: {when} guardado. Reserve: {link} hasta {deadline}. STOP: no más",
    ),
    Kind.RETRACTED: (
        "{clinic}: {when} ya se ocupó. Usted conserva su lugar en la lista. Otros horarios: {link} STOP: no más.",
        "{clinic}: {when} ya se ocupó. Conserva su lugar. Vea {link} para otros.",
        "{clinic}: {when} ya se ocupó. Vea {link} para más.",
    ),
    Kind.WITHDRAWN: (
        "{clinic}: lo sentimos, {when} ya no está libre. Usted conserva su lugar en la lista.",
        "{clinic}: lo sentimos, {when} ya no está libre.",
    ),
    Kind.BOOKED: (
        "{clinic}: su cita es {when}. Detalles o cambios: {link} o llame al {phone}.",
        "{clinic}: su cita es {when}. Vea {link} para detalles.",
        "{clinic}: su cita: {when}. Vea {link} para más.",
    ),
    Kind.CHANGED: (
        "{clinic}: su cita {when} cambió, la hora es la misma. Detalles: {link} o llame al {phone}.",
        "{clinic}: su cita {when} cambió. Vea {link} para detalles.",
        "{clinic}: cambió {when}. Vea {link} para más.",
    ),
    Kind.MOVED: (
        "{clinic}: su cita cambió, ahora es {when}. Detalles: {link} o llame al {phone}.",
        "{clinic}: su cita ahora es {when}. Vea {link} para detalles.",
        "{clinic}: ahora {when}. Vea {link} para más.",
    ),
    Kind.CANCELLED: (
        "{clinic}: su cita {when} está cancelada. Usted conserva su lugar en la lista. ¿Preguntas? Llame al {phone}.",
        "{clinic}: su cita {when} está cancelada. ¿Preguntas? Llame al {phone}.",
    ),
    Kind.ENDED: (
        "{clinic}: su cita {when} está cancelada, como pidió. Detalles: {link} o llame al {phone}.",
        "{clinic}: su cita {when} está cancelada. Vea {link} para detalles.",
        "{clinic}: {when} está cancelada. Vea {link} para más.",
    ),
    Kind.LOST: (
        "{clinic}: lo sentimos, su cita {when} está cancelada. Otros horarios: {link} o llame al {phone}.",
        "{clinic}: lo sentimos, su cita {when} se canceló. Vea {link} para otros.",
        "{clinic}: lo sentimos, {when} se canceló. Vea {link} para más.",
    ),
    Kind.GONE: (
        "{clinic}: su cita {when} está cancelada. Otros horarios: {link} o llame al {phone}.",
        "{clinic}: su cita {when} está cancelada. Vea {link} para otros.",
        "{clinic}: {when} está cancelada. Vea {link} para más.",
    ),
    Kind.APOLOGY: (
        "{clinic}: lo sentimos mucho, {when} ya estaba ocupado y no es suyo después de todo."
        " Otros horarios: {link} o llame al {phone}.",
        "{clinic}: lo sentimos, {when} ya estaba ocupado. Otros horarios: {link} o llame al {phone}.",
        "{clinic}: lo sentimos, {when} ya estaba ocupado. Vea {link} para más.",
    ),
    Kind.REMINDER: (
        "{clinic}: le recordamos su cita {when}. Responda C o SI para confirmar. Cambios: {link} o llame al {phone}."
        " STOP: no más.",
        "{clinic}: su cita es {when}. Responda C o SI para confirmar; cambios en {link} STOP: no más.",
        "{clinic}: su cita es {when}. Responda C o SI para confirmar. ¿Cambios? Llame al {phone}. STOP: no más.",
        "{clinic}: cita {when}. Responda C o SI para confirmar. ¿Cambios? Llame al {phone}.",
    ),
    Kind.STILL: (
        "{clinic}: ¿sigue queriendo su lugar en nuestra lista de espera? Responda SI o NO, o vea {link} STOP: no más.",
        "{clinic}: ¿sigue en nuestra lista de espera? Responda SI o NO, o vea {link} STOP: no más.",
        "{clinic}: ¿sigue en la lista? Responda SI o NO, o vea {link} STOP: no más",
    ),
    Kind.STOPPED: (
        "{clinic}: no más mensajes de texto, ni ofertas por correo. Responda START si los quiere otra vez. ¿Preguntas?"
        " {phone}",
        "{clinic}: no recibirá más mensajes de texto. START los reactiva.",
    ),
    Kind.OPT_IN: (
        "{clinic}: responda START para recibir un mensaje cuando haya un horario libre, máx. {weekly} por semana. Puede"
        " haber cargos. STOP: no más.",
        "{clinic}: responda START para saber de horarios libres, máx. {weekly} por semana. STOP: no más.",
    ),
    Kind.PASSCODE: (
        "{clinic}: {passcode} es su código para abrir su lista de espera. Vale 10 minutos. No se lo dé a nadie. Si no"
        " lo pidió, no haga nada.",
        "{clinic}: {passcode} es su código para abrir su lista de espera, por 10 minutos. No se lo dé a nadie.",
    ),
}
CONFIRMED_REMINDER = (
    "{clinic}: le esperamos {when}. Si algo cambia: {link} o llame al {phone}. STOP: no más.",
    "{clinic}: le esperamos {when}. Cambios: {link} o llame al {phone}.",
    "{clinic}: le esperamos {when}. ¿Cambios? Llame al {phone}.",
)
ASKING_REMINDER = (
    "{clinic}: su cita es {when}. Responda C o SI para confirmar. ¿Cambios, o antes? {link} STOP: no más.",
    "{clinic}: cita {when}. C o SI para confirmar. ¿Cambios o antes? {link} STOP: no más",
    "{clinic}: cita {when}. C confirma. ¿Cambios o antes? {link} STOP: no más",
    "{clinic}: cita {when}. C confirma. ¿Antes? {link} STOP: no más",
)
ASKING_CONFIRMED = (
    "{clinic}: le esperamos {when}. ¿Cambios, o vendría antes? {link} STOP: no más.",
    "{clinic}: le esperamos {when}. ¿Cambios o antes? {link} STOP: no más",
    "{clinic}: le esperamos {when}. ¿Antes? {link} STOP: no más",
)
EARLIER = (
    "{clinic}: hay un horario más temprano, {when}. Responda SI o toque {link} hasta {deadline} para mover su cita."
    " NO para pasar, STOP: no más.",
    "{clinic}: {when} está libre. Responda SI o toque {link} hasta {deadline} para mover su cita. STOP: no más",
    "{clinic}: ¿mover su cita al {when}? Responda SI o {link} hasta {deadline}. STOP: no más",
    "{clinic}: ¿mover a {when}? SI o {link} hasta {deadline}. STOP: no más",
)
