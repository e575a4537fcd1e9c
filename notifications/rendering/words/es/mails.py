"""Spanish e-mails, and what stands around them."""

from notifications.rendering.words.shape import LINK, Mail
from notifications.states import Kind

MAILS: dict[str, Mail] = {
    Kind.OFFER: Mail(
        "Hay un horario libre en {clinic}",
        "{long_when}",
        ("Este horario acaba de quedar libre.", "Es suyo si contesta hasta {deadline}."),
        "Ver y contestar",
    ),
    LINK: Mail(
        "Complete su reserva en {clinic}",
        "{long_when}",
        ("Le guardamos este horario hasta {deadline}.", "Complete su reserva antes: toma un minuto."),
        "Completar mi reserva",
    ),
    Kind.FOLLOW_UP: Mail(
        "Sigue libre en {clinic}",
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
    Kind.MOVED: Mail(
        "Su cita en {clinic} es en otro momento o lugar",
        "Su cita ahora es: {long_when}",
        ("Lo que le dijimos antes ya no vale.", "Si no le conviene, por favor díganos."),
        "Detalles o cambios",
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
    Kind.STILL: Mail(
        "¿Sigue queriendo su lugar en la lista de espera de {clinic}?",
        "¿Lo sigue queriendo?",
        (
            "Lleva un tiempo en nuestra lista de espera. Díganos si debemos seguir buscando un horario para usted.",
            "Si no sabemos de usted, su lugar descansa: lo conserva, y no le ofrecemos horarios hasta que nos diga.",
        ),
        "Contestar",
    ),
    Kind.PASSCODE: Mail(
        "Su código de {clinic}",
        "{passcode}",
        (
            "Este es su código para abrir su lista de espera. Vale 10 minutos.",
            "No se lo dé a nadie: nunca se lo pedimos. Si no lo pidió, no haga nada.",
        ),
    ),
    Kind.DESK: Mail("Un mensaje de {clinic}", "Un mensaje de {clinic}", ()),
}
ASKS_EARLIER = "¿Vendría antes? El botón lleva a donde puede pedir que le avisemos de un horario más temprano."
MOVES_VISIT = "Conserva su cita posterior hasta que diga que sí. Entonces se cambia a este horario."
GREETING = "Hola, {first_name}:"
MAIL_WHAT = {1: "Es con {practitioner}.", 2: "Es {service} con {practitioner}."}
MAIL_ZONE2 = "En su propio reloj: {clock2}."
AUTOMATED = "Este mensaje es automático."
MAIL_CODE = "El código de su cita es {code}."
QUESTIONS, QUESTIONS_AT = "¿Preguntas? Llame al {phone}.", "¿Preguntas? Llame a {clinic}: {phone}"
NO_MORE = "No más mensajes como este"
