# What a person who writes of danger is told at once. It must never promise that help is on its way.
danger-call = Це не служба екстреної допомоги. Якщо хтось може постраждати, негайно телефонуйте { $numbers }.
danger-advice-gas = Якщо пахне газом: вийдіть з будівлі, не торкайтеся вимикачів і телефонуйте знадвору.
danger-advice-downed-wire = Тримайтеся якнайдалі від дроту й від усього, чого він торкається.
danger-advice-suicide = Ви не мусите долати це наодинці: за цим номером відповідають удень і вночі.
danger-kept = Ваше повідомлення збережено й позначено для наших працівників як термінове.
