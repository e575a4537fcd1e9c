"""Spanish, as it is written to patients in the United States. Texts lose the accents that cost a segment."""

from notifications.rendering.words.shape import Mail
from notifications.states import Kind

NAME = "Spanish"
IS_LATIN = True

SHORT_DAYS = ("lun", "mar", "mié", "jue", "vie", "sáb", "dom")
DAYS = ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo")
SHORT_MONTHS = ("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic")
MONTHS = (
    *("enero", "febrero", "marzo", "abril", "mayo", "junio"),
    *("julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"),
)
MOMENT = "{short_day} {date} {short_month} {clock} {zone}"
LONG_MOMENT = "{day} {date} de {month} a {the} {clock} {zone}"
THEIR_CLOCK = " ({clock} {zone})"
BY_TODAY, BY_DAY = "{the} {clock}", "el {short_day} {clock}"
OPENS = ("hoy a {the} {clock}", "mañana a {the} {clock}", "el {day} a {the} {clock}")
UNTIL = "hasta el {short_day} {date} {short_month}"
TWO_WEEKS = "por dos semanas"
CHOICE = "{number} para {time}"
CHOICES = {"offer": "{number} para tomar {time}", "reminder": "{number} para confirmar {time}"}
WHAT = {1: "con {practitioner}", 2: "para {service} con {practitioner}"}
WAYS_OUT = ("STOP",)
YES_WORDS = ("SI", "SÍ", "YES")
CONFIRM_WORDS = ("SI", "SÍ", "YES")

TEXTS: dict[str, tuple[str, ...]] = {
    Kind.OFFER: (
        "{clinic}: hay un horario libre, {when}. Responda SI o toque {link} para tomarlo, hasta {deadline}."
        " NO para pasar, STOP para no recibir más.",
        "{clinic}: {when} está libre. Responda SI o toque {link} hasta {deadline}. NO para pasar, STOP: no más.",
        "{clinic}: {when} está libre. Responda SI o toque {link} hasta {deadline}. STOP: no más",
        "{clinic}: {when}. Responda SI o {link} hasta {deadline}. STOP: no más",
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
    Kind.STOPPED: (
        "{clinic}: no recibirá más mensajes de texto. Responda START si los quiere otra vez. ¿Preguntas? {phone}",
        "{clinic}: no recibirá más mensajes. START los reactiva.",
    ),
    Kind.OPT_IN: (
        "{clinic}: responda START para recibir un mensaje cuando haya un horario libre, máx. 3 por semana. Puede haber"
        " cargos. STOP: no más.",
        "{clinic}: responda START para saber de horarios libres, máx. 3 por semana. STOP: no más.",
    ),
}
EARLIER = (
    "{clinic}: hay un horario más temprano, {when}. Responda SI o toque {link} hasta {deadline} para mover su cita."
    " NO para pasar, STOP: no más.",
    "{clinic}: {when} está libre. Responda SI o toque {link} hasta {deadline} para mover su cita. STOP: no más",
    "{clinic}: ¿mover su cita al {when}? Responda SI o {link} hasta {deadline}. STOP: no más",
    "{clinic}: ¿mover a {when}? SI o {link} hasta {deadline}. STOP: no más",
)
DETAILED: dict[str, tuple[str, ...]] = {
    Kind.OFFER: (
        "{clinic}: {first_name}, {when}{zone2} {what} está libre. Responda SI o toque {link} para tomarlo, hasta"
        " {deadline}. NO para pasar, STOP: no más. Mensaje automático; ¿preguntas? {phone}",
        "{clinic}: {first_name}, {when}{zone2} {what} está libre. Responda SI o toque {link} hasta {deadline}."
        " NO para pasar, STOP: no más. Automático. {phone}",
        "{clinic}: {first_name}, {when} {what}. Responda SI o toque {link} hasta {deadline}. STOP: no más. Automático.",
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
DETAILED_EARLIER = (
    "{clinic}: {first_name}, hay un horario más temprano {what}, {when}{zone2}. Responda SI o toque {link} hasta"
    " {deadline} para mover su cita. NO para pasar, STOP: no más. Mensaje automático; ¿preguntas? {phone}",
    "{clinic}: {first_name}, {when}{zone2} {what} está libre. Responda SI o toque {link} hasta {deadline} para mover"
    " su cita. STOP: no más. Automático. {phone}",
    "{clinic}: {first_name}, ¿mover a {when} {what}? Responda SI o toque {link} hasta {deadline}. STOP: no más."
    " Automático.",
)
ANSWERS: dict[str, tuple[str, ...]] = {
    "yours": (
        "{clinic}: {when} ya es suyo. Vea {link} para detalles.",
        "{clinic}: {when} es suyo. Vea {link} para más.",
    ),
    "taken": (
        "{clinic}: lo sentimos, {when} ya se ocupó. Conserva su lugar. Vea {link} para otros.",
        "{clinic}: {when} ya se ocupó. Vea {link} para más.",
    ),
    "busy": (
        "{clinic}: alguien está confirmando {when}. Vea {link} otra vez en un minuto.",
        "{clinic}: alguien confirma {when}. Vea {link} en un minuto.",
    ),
    "held": (
        "{clinic}: {when} está apartado para usted unos minutos. Conteste una pregunta en {link} y es suyo.",
        "{clinic}: {when} está apartado. Termine en {link} ahora.",
    ),
    "finish": (
        "{clinic}: {when} sigue libre. Conteste una pregunta en {link} y es suyo.",
        "{clinic}: {when} está libre. Termine en {link} ahora.",
    ),
    "expired": (
        "{clinic}: lo sentimos, ya pasó el tiempo de contestar por {when}. Vea {link} para otros.",
        "{clinic}: ya es tarde para {when}. Vea {link} para más.",
    ),
    "lost": (
        "{clinic}: {when} está cancelada. Otros horarios: {link} o llame al {phone}.",
        "{clinic}: {when} está cancelada. Vea {link} para más.",
    ),
    "withdrawn": ("{clinic}: lo sentimos, {when} ya no está libre. Usted conserva su lugar en la lista.",),
    "declined": ("{clinic}: gracias, preguntaremos a otra persona por {when}. Usted conserva su lugar en la lista.",),
    "passed": ("{clinic}: usted había dicho que no a {when}. Si lo quiere después de todo, llame al {phone}.",),
    "declined_all": ("{clinic}: gracias, preguntaremos a otra persona. Usted conserva su lugar en la lista.",),
    "unclear": (
        "{clinic}: perdón, no entendimos. Responda SI para tomar el horario, NO para pasar, o llame al {phone}.",
        "{clinic}: ¿perdón? Responda SI, NO o STOP, o llame al {phone}.",
    ),
    "conflict": ("{clinic}: lo sentimos, {when} no se puede reservar para usted. Por favor llame al {phone}.",),
    "nothing": ("{clinic}: gracias. Ningún horario espera su respuesta. ¿Preguntas? Llame al {phone}.",),
    "which": ("{clinic}: ¿cuál? Responda {choices}.",),
    "another": (
        "{clinic}: gracias. Para tomar también otro horario, responda {choices}.",
        "{clinic}: gracias. Por otro horario, {choices}.",
    ),
    "which_no": (
        "{clinic}: ¿NO a cuál? Responda NO y un número ({choices}) o NO TODOS.",
        "{clinic}: ¿cuál? NO y {choices}, o NO TODOS.",
    ),
    "which_reminder": (
        "{clinic}: ¿un sí a qué? Responda {acts}.",
        "{clinic}: ¿a qué? {acts}.",
        "{clinic}: ¿un sí a cuál? Responda {choices}.",
    ),
    "alike": (
        "{clinic}: tiene mensajes nuestros sobre la misma hora. Sus enlaces muestran para quién es: conteste ahí.",
        "{clinic}: ¿para quién? Conteste por el enlace del mensaje.",
    ),
    "confirmed": (
        "{clinic}: gracias, su cita {when} está confirmada. Cambios: {link} o llame al {phone}.",
        "{clinic}: gracias, {when} está confirmada. ¿Cambios? Llame al {phone}.",
        "{clinic}: gracias, su cita está confirmada. ¿Cambios? Llame al {phone}.",
    ),
    "visit_no": (
        "{clinic}: su cita {when} sigue en pie. Para cambiarla o cancelarla, use el enlace o llame al {phone}.",
        "{clinic}: su cita {when} sigue en pie. ¿Cambios? Llame al {phone}.",
    ),
    "code": (
        "{clinic}: {code} es {when}. Responda SI para tomarlo, NO para pasar, o vea {link} y más.",
        "{clinic}: {when} está libre. ¿SI o NO? Vea {link} y más.",
    ),
    "noted": (
        "{clinic}: gracias, anotado. Vea en {link} qué cambia y cómo deshacerlo.",
        "{clinic}: gracias, anotado. Vea {link} y qué cambia.",
    ),
    "open": (
        "{clinic}: gracias. Ninguna oferta espera su respuesta, pero hay otros horarios: vea {link} para ellos.",
        "{clinic}: gracias. Hay otros horarios: vea {link} para ellos.",
    ),
    "open_call": (
        "{clinic}: gracias. Ninguna oferta espera su respuesta, pero hay horarios libres. Llame al {phone}.",
        "{clinic}: gracias. Hay horarios libres. Llame al {phone}.",
    ),
    "paused": (
        "{clinic}: sin mensajes de horarios libres {until}. START los reactiva antes, STOP termina todo. Tel. {phone}",
        "{clinic}: sin mensajes de horarios libres {until}. START los reactiva antes.",
    ),
    "offers_stopped": (
        "{clinic}: no más mensajes de horarios libres. Seguirá sabiendo de sus citas. START los reactiva, STOP termina"
        " todo.",
        "{clinic}: no más mensajes de horarios libres, solo de sus citas. START los reactiva.",
    ),
    "who": (
        "Somos {clinic}. Le escribimos sobre horarios libres y sus citas. ¿Preguntas? Llame al {phone}. STOP: no más.",
        "Somos {clinic}. ¿Preguntas? Llame al {phone}. STOP: no más.",
    ),
    "after_hours": (
        "{clinic}: gracias, tenemos su mensaje. Alguien lo lee {opens}. ¿Urgente? Llame al {phone}.",
        "{clinic}: gracias. Alguien lo lee {opens}.",
        "{clinic}: gracias. Alguien lo lee cuando volvamos. ¿Urgente? Llame al {phone}.",
    ),
    "opted_in": (
        "{clinic}: recibirá un mensaje cuando haya un horario libre, máx. 3 por semana. ¿Preguntas? {phone} STOP: no"
        " más.",
        "{clinic}: recibirá mensajes de horarios libres. STOP: no más.",
    ),
    "started": ("{clinic}: volverá a recibir mensajes de horarios libres. STOP: no más.",),
    "help": (
        "{clinic}: le escribimos cuando hay un horario libre. Responda SI para tomarlo, NO para pasar, STOP: no más."
        " Tel. {phone}",
        "{clinic}: mensajes de horarios libres. STOP: no más. Llame al {phone}.",
    ),
}

MAILS: dict[str, Mail] = {
    Kind.OFFER: Mail(
        "Hay un horario libre en {clinic}",
        "{long_when}",
        ("Este horario acaba de quedar libre.", "Es suyo si contesta hasta {deadline}."),
        "Ver y contestar",
    ),
    Kind.FOLLOW_UP: Mail(
        "Sigue libre en {clinic}: {when}",
        "{long_when}",
        ("Le escribimos hace unas horas sobre este horario. Sigue libre.", "Es de quien conteste primero."),
        "Ver y contestar",
    ),
    Kind.RETRACTED: Mail(
        "Ese horario en {clinic} ya se ocupó",
        "Alguien fue un momento más rápido",
        ("{long_when} acaba de ocuparse.", "Usted conserva su lugar en la lista."),
        "Ver otros horarios",
    ),
    Kind.WITHDRAWN: Mail(
        "Ese horario en {clinic} ya no está libre",
        "Ese horario ya no está libre",
        ("{long_when} ya no está libre. Lo sentimos.", "Usted conserva su lugar en la lista."),
    ),
    Kind.BOOKED: Mail(
        "Su cita en {clinic}",
        "Su cita: {long_when}",
        ("Le esperamos.", "La cita va adjunta para su calendario."),
        "Detalles o cambios",
    ),
    Kind.CHANGED: Mail(
        "Su cita en {clinic} cambió",
        "Su cita del {long_when} cambió",
        ("La hora es la misma que antes.", "La cita va adjunta para su calendario."),
        "Ver cómo es ahora",
    ),
    Kind.CANCELLED: Mail(
        "Su cita en {clinic} está cancelada",
        "Su cita está cancelada",
        ("{long_when} está cancelada, como pidió.", "Usted conserva su lugar en la lista."),
    ),
    Kind.ENDED: Mail(
        "Su cita en {clinic} está cancelada",
        "Su cita está cancelada",
        ("{long_when} está cancelada, como pidió.", "Lo que dicen nuestras condiciones está en su página."),
        "Ver los detalles",
    ),
    Kind.LOST: Mail(
        "Lo sentimos: su cita en {clinic} está cancelada",
        "Lo sentimos",
        ("Tuvimos que cancelar su cita del {long_when}. No debe nada.", "Usted conserva su lugar en la lista."),
        "Ver otros horarios",
    ),
    Kind.GONE: Mail(
        "Su cita en {clinic} está cancelada",
        "Su cita está cancelada",
        ("{long_when} está cancelada. No debe nada.", "Usted conserva su lugar en la lista."),
        "Ver otros horarios",
    ),
    Kind.APOLOGY: Mail(
        "Lo sentimos: ese horario en {clinic} ya estaba ocupado",
        "Lo sentimos",
        ("{long_when} ya estaba ocupado en nuestro calendario; después de todo no es suyo.",),
        "Ver otros horarios",
    ),
    Kind.REMINDER: Mail(
        "Su cita en {clinic}",
        "{long_when}",
        ("Le recordamos su cita.", "Por favor confírmela, o díganos si no puede venir."),
        "Confirmar o cambiar",
    ),
    Kind.DESK: Mail("Un mensaje de {clinic}", "Un mensaje de {clinic}", ()),
}
MOVES_VISIT = "Conserva su cita posterior hasta que diga que sí. Entonces pasa a este horario."
GREETING = "Hola, {first_name}:"
MAIL_WHAT = {1: "Es con {practitioner}.", 2: "Es {service} con {practitioner}."}
MAIL_ZONE2 = "En su propio reloj: {clock2}."
AUTOMATED = "Este mensaje es automático."
MAIL_CODE = "El código de su cita es {code}."
QUESTIONS, QUESTIONS_AT = "¿Preguntas? Llame al {phone}.", "¿Preguntas? Llame a {clinic}: {phone}"
NO_MORE = "No más mensajes como este"
