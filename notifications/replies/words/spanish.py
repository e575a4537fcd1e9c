"""Spanish, its patterns without accents: few people type them on a phone."""

from matching.states import DeclineReason
from notifications.replies.words.table import Words

WRITTEN = r"(?:mensajes?|textos?|sms|correos?|llamadas?|notificaciones|avisos)"
WRITE = r"(?:escrib\w+|mand\w+|envi\w+|text\w+|llam\w+|contact\w+|molest\w+)"
OFFERS = r"(?:ofertas?|aperturas?|huecos?|turnos libres|citas disponibles|horas libres)"

WORDS = Words(
    yes=frozenset("sí si claro dale vale".split()),
    no=frozenset("paso".split()),
    fillers=frozenset("gracias muchas por favor bueno perfecto está esta bien lo quiero".split()),
    polite_no=frozenset("puedo hoy ahora todas todos lo siento esta vez".split()),
    not_a_no=frozenset("problema hay sé se hablo entiendo comprendo inglés ingles".split()),
    everything=frozenset("todas todos".split()),
    confirm=frozenset("confirmo confirmar confirmado confirmada".split()),
    start=frozenset("comenzar empezar reanudar".split()),
    help=frozenset("ayuda".split()),
    stop=frozenset(
        "alto parar pare paren para basta detener detenga detengan cancelar cancela cancele anular baja fin salir"
        " desuscribir desuscribirme desuscribirse terminar eliminar borrar".split()
    ),
    courtesy=frozenset("por favor ya gracias todo".split()),
    stop_parts=(
        r"\bno mas\b",
        r"\bbasta\b",
        r"^alto\b(?! (?:costo|precio|nivel|riesgo))",
        r"\balto (?:a|ya|por favor|con)\b",
        r"\b(?:pare|paren|parar|para ya|detenga\w*|detener) (?:ya|de|con|los|las|esto|estos|por favor)\b",
        r"\bdej(?:e|en|a|ar|enme|eme|ame) (?:ya )?de\b",
        r"\b(?:dejenme|dejeme|dejame) (?:en paz|tranquil[oa])\b",
        rf"\bno (?:me |nos )?(?:vuelvan? a |sigan? )?(?:{WRITE})(?: mas)?\b",
        rf"\b(?:ya )?no quiero (?:recibir|que me|mas|sus|estos|{WRITTEN})\b",
        rf"\b(?:sin|ni un) (?:mas )?{WRITTEN}\b",
        r"\b(?:dar|darme|deme|denme|dame|de) de baja\b",
        r"\b(?:quiten|quite|quita|saquen|saque|saca|borren|borre|borra|eliminen|elimine|elimina)(?:me)? (?:de|mi)\b",
        r"\b(?:borren|borre|borra|eliminen|elimine|elimina|saquen|saque)me\b",
        r"\bborr\w+ mi numero\b",
        r"\b(?:cancel\w+|anul\w+|terminar) (?:mi |la |los |las )?(?:suscripcion|mensajes|notificaciones|textos)\b",
        r"\b(?:numero|persona) equivocad[oa]\b",
        r"\bse equivoc\w+ de (?:numero|persona)\b",
        r"\bdesuscri\w+",
        r"\b(?:retiro|revoco) mi (?:consentimiento|permiso)\b",
        r"\bno (?:doy|di) (?:mi )?(?:consentimiento|permiso)\b",
        r"\bno autorizo\b",
        r"\bdemasiados (?:mensajes|textos)\b",
        r"\bno molest\w+",
    ),
    harmless=(
        r"\bno mas (?:tarde|temprano|que|de|alla)\b",
        r"\bnada mas\b",
        r"\bpalo alto\b",
        r"\bdej\w+ de (?:fumar|beber|tomar|comer|sangrar|doler)\b",
        r"\bno (?:me )?(?:llamo|escribo|llamaron|llego|mando)\b(?! mas)",
        r"\bno (?:me )?(?:llam|escrib|mand|envi)\w+ (?:aun|todavia|ayer|hoy)\b",
    ),
    offers_only=(
        rf"\b(?:no mas|no quiero|parar|paren|basta de|sin|dejen de (?:mandar|enviar)\w*|no (?:me )?(?:mand|envi)\w+)"
        rf" (?:mas |sus |las |los |de |recibir |me )*{OFFERS}",
        r"\b(?:solo|solamente|nada mas|unicamente) (?:quiero |manden |envien |mandenme |los |mis )*recordatorios?\b"
        r"(?: de (?:mi |mis )?citas?)?",
    ),
    keeps=(r"\b(?:pero )?(?:si |sigan |manden |quiero |los |mis )+recordatorios?\b(?: si)?",),
    pause=(
        r"^(?:por favor )?(?:pausa|pausar|pausen)\b",
        r"\b(?:hacer|hagan|una) pausa\b",
        r"\b(?:estoy|estamos|voy|ando|me voy) (?:de (?:vacaciones|viaje)|fuera (?:de la ciudad|del pais)|viajando)\b",
        r"^(?:no )?(?:de )?vacaciones$",
        r"\b(?:no )?(?:por|en|dentro de) (?:dos|2|tres|3|unas|un par de) semanas\b",
        r"\b(?:mas tarde este|el proximo|el otro) mes\b",
    ),
    who=(
        r"\bquien (?:es|eres|habla|me (?:escribe|habla|manda)|son)\b(?! (?:el|la|mi) )",
        r"\b(?:de )?(?:parte de )?quien(?= \.|$)",
        r"\bque (?:es esto|numero es (?:este|ese))\b",
    ),
    yes_phrases=(r"l[oa] (?:quiero|tomo)", r"de acuerdo", r"esta bien", r"reserv(?:elo|alo|emelo|ame|eme)"),
    no_phrases=(
        r"(?:lo siento )?(?:hoy |ahora |ese dia |esta vez )?no (?:puedo|me interesa|gracias)(?: hoy| ahora|"
        r" gracias| ese dia)*",
        r"(?:hoy|ahora|esta vez) no(?: gracias)?",
    ),
    keep_phrases=(
        r"(?:si )?(?:todavia|aun)(?: (?:lo |la )?(?:quiero|espero|me interesa))?(?: por favor| gracias)*",
        r"(?:si )?sigo (?:en la lista|esperando|interesad[oa]|queriendo)(?: por favor| gracias)*",
        r"(?:si )?(?:mantengan?me|dejen?me|conserven?me|conservar)(?: en la lista)?(?: por favor| gracias)*",
    ),
    confirm_phrases=(r"(?:si )?(?:ahi|alli) estare(?: gracias)?", r"nos vemos(?: ahi| alli| manana)?"),
    reasons={
        DeclineReason.NOT_NEEDED: (
            r"\bya no (?:lo |la )?(?:necesito|necesitamos|hace falta|me hace falta)\b",
            r"\bno (?:lo |la )?necesito\b",
            r"\bya (?:me|nos) (?:atendi\w+|vieron|vio|trataron)\b",
            r"\bya (?:tengo|consegui|encontre|fui a) (?:una |otra |la )?(?:cita|otro|otra)\b",
            r"\b(?:otra clinica|otro lugar|otro lado)\b",
        ),
        DeclineReason.OTHER_PROVIDER: (
            r"\b(?:otr[oa]) (?:doctora?|medic[oa]|dentista|proveedor|persona|terapeuta)\b",
            r"\b(?:prefiero|quiero|solo) (?:ver |con |a )*(?:la |el |al )?(?:dra?|doctora?)\b",
            r"\bcon (?:la |el )?(?:dra?|doctora?) \w+ (?:mejor|solamente|nada mas)\b",
        ),
        DeclineReason.TOO_SOON: (
            r"\b(?:demasiado|muy|tan) pronto\b",
            r"\b(?:poco|mas) (?:tiempo de )?(?:aviso|anticipacion)\b",
            r"\bcon tan poco\b",
        ),
        DeclineReason.WRONG_TIME: (
            r"\b(?:a|en) es[ae] (?:hora|horario|dia)\b",
            r"\b(?:por|en) la[s]? (?:mananas?|tardes?|noches?) no\b",
            r"\bno (?:puedo|podemos) (?:por|en|a) (?:la|las|el|los|es[ae])\b",
            r"\b(?:muy|demasiado) (?:temprano|tarde)\b",
            r"\b(?:mala|otra|esa) hora\b",
            r"\bno me (?:sirve|queda|viene bien|conviene)\b",
            r"\b(?:estoy trabajando|trabajo a esa|tengo que trabajar|estoy en el trabajo)\b",
        ),
    },
)
