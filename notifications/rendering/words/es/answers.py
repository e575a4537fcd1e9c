"""Spanish answers to what somebody wrote, by name."""

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
    "complete": (
        "{clinic}: le guardamos {when}. Complete su reserva en {link} para tenerlo.",
        "{clinic}: le guardamos {when}. Termine en {link} ahora.",
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
    "to_join": ("{clinic}: para entrar en la lista de espera, responda START. ¿Preguntas? Llame al {phone}.",),
    "still_kept": ("{clinic}: gracias, conserva su lugar en nuestra lista de espera. STOP: no más.",),
    "still_left": (
        "{clinic}: ya no está en nuestra lista de espera, como pidió. Si fue un error, llame al {phone}.",
        "{clinic}: ya no está en nuestra lista, como pidió. Llame al {phone}.",
    ),
    "still_whose": (
        "{clinic}: preguntamos a más de una persona en este número. Conteste por el enlace de cada mensaje o llame al"
        " {phone}.",
        "{clinic}: ¿para quién? Conteste por el enlace de cada mensaje o llame al {phone}.",
    ),
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
    "code": (
        "{clinic}: {when} está libre. Responda SI para tomarlo o NO para pasar, o vea {link} para más.",
        "{clinic}: {when} está libre. ¿SI o NO? Vea {link} para más.",
    ),
    "visit_no": (
        "{clinic}: su cita {when} sigue en pie. Para moverla o cancelarla use el enlace que enviamos o llame al"
        " {phone}.",
        "{clinic}: su cita {when} sigue en pie. ¿Cambios? Llame al {phone}.",
    ),
    "noted": (
        "{clinic}: gracias, anotado. Vea {link} para saber qué cambia y cómo deshacerlo.",
        "{clinic}: gracias, anotado. Vea {link} para saber qué cambia.",
    ),
    "open": (
        "{clinic}: gracias. Ninguna oferta espera su respuesta, pero hay otros horarios: vea {link} para tomarlos.",
        "{clinic}: gracias. Hay otros horarios libres: vea {link} para tomarlos.",
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
        "{clinic}: no más mensajes ni correos de horarios libres. Seguirá sabiendo de sus citas. START los reactiva,"
        " STOP termina todo.",
        "{clinic}: no más mensajes de horarios libres. Seguirá sabiendo de sus citas. START los reactiva.",
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
    "joined": (
        "{clinic}: recibirá mensajes de horarios libres, máx. {weekly} por semana. Cámbielo en {mine} STOP: no más.",
        "{clinic}: recibirá un mensaje cuando haya un horario libre, máx. {weekly} por semana. ¿Preguntas? {phone}"
        " STOP: no más.",
        "{clinic}: recibirá mensajes de horarios libres. STOP: no más.",
    ),
    "started": ("{clinic}: volverá a recibir avisos de horarios libres. STOP: no más.",),
    "help": (
        "{clinic}: le escribimos cuando hay un horario libre. Responda SI para tomarlo, NO para pasar, STOP: no más."
        " Tel. {phone}",
        "{clinic}: mensajes de horarios libres. STOP: no más. Llame al {phone}.",
    ),
}
