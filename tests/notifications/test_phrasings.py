"""How people really write it, in four languages: what must stop, and what only looks like it.

Where it could be a STOP and something else, it is a STOP: nobody is harmed by the one confirmation with the way back,
and whoever meant the other thing is read by staff in the inbox.
"""

import pytest

from matching.states import DeclineReason
from notifications.replies import Meaning, understand

STOPS = {
    "the carrier's words, as thumbs type them": [
        "STOP", "stop", "Stop.", "sTOP.", "STOP!!!", "  stop  ", "'stop'", "s t o p", "S.T.O.P.", "stooop",
        "STOOOOOP", "stopp", "stpo", "sotp", "st0p", "sto", "stoop", "ＳＴＯＰ", "st\u200bop", "UNSUBSCRIBE",
        "unsubscibe", "unsuscribe", "Unsubcribe me", "un-subscribe", "unsub", "STOPALL", "stop all",
        "STOP ALL MESSAGES", "END", "end.", "QUIT", "quit!", "REVOKE", "OPTOUT", "opt-out", "opt me out", "cancel",
        "CANCEL", "cancel please", "please end", "🛑", "📵", "stop 🛑",
    ],
    "with other words around it": [
        "please stop", "Stop please", "stop now", "pls stop texting", "Stop it", "yes stop", "No. Stop.",
        "STOP thanks", "stop texting me", "stop sending me these", "Can you stop texting me?", "make it stop",
        "put a stop to this", "stop messaging this number", "I said STOP", "ok stop. I will take it",
        "stop! I'll be there at 3", "stpo texting me",
        "don't stop texting me",  # “don’t, stop texting me” as it is dictated: we cannot know
        "STOP by the way", "stop at once", "stop for two weeks", "Stop for now",
    ],
    "without it": [
        "remove me", "Remove me from your list", "take me off this list", "take my number off", "delete my number",
        "leave me alone", "Leave me be", "opt out", "I'd like to opt out please", "I am opting out", "don't text me",
        "Do not contact me again", "never text me again", "dont message me", "do not call", "don't bother me anymore",
        "no texts please", "no more texts", "No more.", "no more messages thanks", "quit texting me",
        "quit bugging me", "end texts", "cancel these messages", "cancel subscription", "lose my number",
        "wrong number", "Wrong person", "this is not my number", "I don't want these",
        "I don't want to receive texts", "I do not want your messages", "no longer wish to receive texts",
        "I revoke my consent", "I withdraw consent", "I never signed up for this", "I did not consent to this",
        "too many texts", "you text too much", "nonstop texts", "enough already", "Enough", "this is spam",
        "This is harassment", "go away", "reported you", "discontinue", "cease and desist", "unsubscribe me",
        "i want to quit", "I want to be removed", "spam", "blocked you",
    ],
    "Spanish": [
        "alto", "ALTO", "Alto por favor", "no más", "No mas mensajes", "basta", "¡Basta ya!", "parar",
        "paren por favor", "dejen de escribirme", "Deje de mandar mensajes", "déjenme en paz", "no me escriban",
        "no me manden más", "no me llamen", "no quiero más mensajes", "ya no quiero recibir esto",
        "quiero darme de baja", "baja", "cancelar", "bórrenme de la lista", "quítenme de su lista",
        "número equivocado", "cancelar suscripción", "no molestar", "no autorizo", "desuscribirme",
        "retiro mi consentimiento", "demasiados mensajes", "para ya",
    ],
    "Chinese": [
        "停", "停止", "停。", "请停止", "退订", "退訂", "取消订阅", "取消訂閱", "取消", "别再发了", "不要再发短信",
        "請勿打擾", "不要给我发短信", "不想再收到", "停止发送", "拒收", "打错了", "TD", "别联系我", "骚扰短信",
        "删除我的号码",
    ],
    "Vietnamese": [
        "dừng", "Dừng lại", "DỪNG", "ngừng", "ngừng nhắn tin", "hủy", "huỷ", "hủy đăng ký", "đừng nhắn nữa",
        "đừng gọi cho tôi", "không muốn nhận tin", "không nhận tin nhắn nữa", "thôi nhắn đi", "sai số rồi", "nhầm số",
        "xóa tôi khỏi danh sách", "dung", "dung lai", "ngung", "huy",
    ],
}  # fmt: skip
DOES_NOT_STOP = [
    "I can't stop by at 3", "stop by tomorrow?", "Can I stop in earlier?", "I'll stop over after work",
    "I stopped by today", "bus stop", "Is there a bus stop near you?", "at the train stop", "my stop is next",
    "the last stop", "non-stop", "nonstop flight tomorrow", "stop sign on the corner", "I need to stop at the bank",
    "stop for gas first", "should I stop eating before it?", "do I stop taking aspirin?", "can't stop bleeding",
    "the bleeding won't stop", "end of day works", "at the end of the day", "weekend is better",
    "can we do the end of the week", "at the other end", "quit smoking class", "I quit smoking", "quite early",
    "quiet", "can I cancel my appointment?", "cancel my visit", "cancel it", "please cancel my appointment",
    "don't cancel my appointment", "I cancelled my other one", "cancellation fee?", "no more than an hour please",
    "I have no more questions", "shop", "top", "step", "stow", "atop", "Palo Alto", "I live in Palo Alto",
    "es un asalto", "el precio es muy alto", "contralto", "no más tarde de las 3", "no mas temprano de las 9",
    "nada más", "quiero dejar de fumar", "para mañana", "para las 3", "no me llamo Ana", "cancelar mi cita",
    "¿puedo cancelar mi cita?", "bastante bien", "fin de semana", "la parada del bus", "哪里可以停车", "不停地疼",
    "停诊吗", "取消预约", "停车场在哪里", "可以停药吗", "trạm dừng xe ở đâu", "đừng lo", "hủy lịch hẹn của tôi",
    "ngừng thuốc được không", "Nguyen Huy", "đúng rồi", "I never got a text back", "no text yet",
    "don't call, text me", "remove my stitches?", "the removal", "opt for later", "optometrist?",
    "is the end date fixed", "revoked license lol?", "call me", "please text me", "write me back",
    "I need help with parking", "not sure", "no problem", "start at 3", "when do you start?", "How much is it", "🎉",
    "ok?",
]  # fmt: skip
MEANS = {
    Meaning.STOP_OFFERS: [
        "stop offers", "STOP OFFERS", "Stop the offers please", "stop sending me offers", "no more openings",
        "no more offers please", "only reminders", "just reminders please", "reminders only",
        "I only want appointment reminders", "stop offers but keep reminders",
        "please keep my reminders but stop openings", "don't send me offers", "stop the waitlist texts",
        "no more waitlist texts", "stop all offers", "No offers", "Can you stop sending openings?",
        "stop offers not reminders", "no más ofertas", "solo recordatorios", "paren las ofertas", "只要提醒",
        "停止空位通知", "chỉ nhận nhắc hẹn",
    ],
    Meaning.STOP: [
        "stop offers and reminders", "stop offers and everything else", "no more offers, stop texting me",
        "no more offers at all", "stop reminders", "stop texts only reminders stop too",
    ],
    Meaning.PAUSE: [
        "pause", "PAUSE", "Pause please", "please pause", "can you pause these?", "yes pause", "not for two weeks",
        "not for 2 weeks please", "not for a few weeks", "later this month", "maybe later this month", "next month",
        "ask me next month", "in a couple of weeks", "I'm on vacation", "I’m on vacation until Monday",
        "We are on holiday", "I'm out of town", "no, I'm traveling", "currently out of the country",
        "busy for the next two weeks", "pausa", "pausa por favor", "estoy de vacaciones", "estoy de viaje",
        "en dos semanas", "el próximo mes", "暂停", "我在度假", "下个月", "两周后", "tạm dừng", "tôi đang đi du lịch",
        "hai tuần nữa",
    ],
    Meaning.WHO: [
        "Who is this?", "who is this", "whos this", "who dis", "new phone who dis", "Who are you?",
        "who's texting me", "what number is this", "how did you get my number", "¿Quién es?", "quien eres",
        "¿quién habla?", "你是谁", "这是谁？", "ai đây", "bạn là ai?", "What is this?",
    ],
    Meaning.CONFIRM: [
        "C", "c", "confirm", "Confirm!", "confirmed", "I confirm", "confirm please", "I'll be there", "see you then",
        "confirmo", "Confirmado", "确认", "xác nhận", "ahí estaré", "C thanks",
    ],
    Meaning.YES: [
        "Yes please", "yes, confirmed", "sí", "si por favor", "好的", "好的谢谢", "我要", "có", "vâng ạ", "đồng ý",
        "ok gracias", "lo quiero", "YESSS", "de acuerdo",
    ],
    Meaning.NO: [
        "No", "no puedo", "hoy no", "not today", "not interested", "I'm good thanks", "I'm all set", "不要",
        "不用了谢谢", "没空", "không", "không cần cảm ơn", "tôi bận rồi", "NO 1", "no to 2",
    ],
    Meaning.START: ["START", "start please", "Unstop", "start texting me again"],
    Meaning.HELP: ["HELP", "help please", "ayuda", "帮助", "trợ giúp", "INFO"],
    Meaning.UNCLEAR: [
        "yes if it is before 3", "yes but with Dr Chen", "is it ok to pause?", "are there no more openings?", "no sé",
        "No hablo inglés", "no idea", "the link doesn't work", "can I have a different time?", "có không?", "好吗？",
        "is it too late?", "I'll be there at that time or so", "Who is the doctor there", "call me very soon",
        "send me reminders", "I need a reminder of the address",
    ],
}  # fmt: skip
BECAUSE = {
    DeclineReason.TOO_SOON: [
        "too soon", "No, too soon", "that's too soon for me", "short notice", "not enough notice",
        "I can't make it that soon", "too last minute", "muy pronto", "demasiado pronto", "no, con tan poco aviso",
        "太急了", "来不及", "gấp quá",
    ],
    DeclineReason.WRONG_TIME: [
        "wrong time", "can't at that time", "mornings don't work", "Mornings don't work for me",
        "No, that is too early for me", "I can't do Fridays", "can't make 3", "I have to work", "I'm working then",
        "only evenings", "only after 5", "that day doesn't work", "doesn't work for me", "I can't make it tomorrow",
        "no I work until 5", "I'm out of town that day", "on vacation that day", "no puedo a esa hora",
        "por la mañana no", "muy temprano", "时间不合适", "那个时间不行", "giờ đó tôi bận", "10 is no good",
        "that's too late",
    ],
    DeclineReason.OTHER_PROVIDER: [
        "other provider", "I want Dr Chen instead", "I'd rather see Dr. Chen", "different doctor please",
        "No, only with Dr Ruiz", "someone else instead, not with her", "prefiero a la Dra. Ruiz", "otra doctora",
        "换医生", "bác sĩ khác",
    ],
    DeclineReason.NOT_NEEDED: [
        "no longer needed", "No longer need it", "already seen elsewhere", "I already have an appointment",
        "don't need it anymore", "found somewhere else", "no longer interested", "ya no lo necesito",
        "ya me atendieron", "不需要了", "已经看过了", "không cần nữa",
    ],
}  # fmt: skip


@pytest.mark.parametrize("text", [text for texts in STOPS.values() for text in texts])
def test_whoever_may_want_out_is_out(text):
    assert understand(text).meaning == Meaning.STOP


@pytest.mark.parametrize("text", DOES_NOT_STOP)
def test_what_only_looks_like_it_stops_nothing(text):
    assert understand(text).meaning not in (Meaning.STOP, Meaning.STOP_OFFERS, Meaning.START, Meaning.YES)


@pytest.mark.parametrize(("text", "meaning"), [(text, meaning) for meaning, texts in MEANS.items() for text in texts])
def test_everything_else(text, meaning):
    assert understand(text).meaning == meaning


@pytest.mark.parametrize(("text", "reason"), [(text, reason) for reason, texts in BECAUSE.items() for text in texts])
def test_a_no_that_teaches(text, reason):
    said = understand(text)
    assert (said.meaning, said.reason, said.number) == (Meaning.NO, reason, None)


def test_the_table_is_long_enough():
    stops = sum(len(texts) for texts in STOPS.values())
    others = len(DOES_NOT_STOP) + sum(len(texts) for table in (MEANS, BECAUSE) for texts in table.values())
    assert stops >= 160 and others >= 160


@pytest.mark.parametrize(
    ("text", "carrier", "meaning"),
    [
        ("arrêter", "STOP", Meaning.STOP),
        ("YES 2", "STOP", Meaning.STOP),
        ("continuer", "START", Meaning.START),
        ("???", "HELP", Meaning.HELP),
        ("Yes", "START", Meaning.YES),  # Twilio takes YES for an opt-in; in our ledger it never is (FACTS 2)
        ("Yes", "", Meaning.YES),
        ("hello", "SOMETHING", Meaning.UNCLEAR),
    ],
)
def test_what_the_carrier_took_it_for_stands(text, carrier, meaning):
    assert understand(text, carrier).meaning == meaning
