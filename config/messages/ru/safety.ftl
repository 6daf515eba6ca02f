# What a person who writes of danger is told at once. It must never promise that help is on its way.
danger-call = Это не служба экстренной помощи. Если кто-то может пострадать, сейчас же звоните { $numbers }.
danger-advice-gas = Если пахнет газом: выйдите из здания, не трогайте выключатели и звоните с улицы.
danger-advice-downed-wire = Держитесь подальше от провода и от всего, чего он касается.
danger-advice-suicide = Вы не обязаны справляться с этим в одиночку: по этому номеру отвечают днём и ночью.
danger-kept = Ваше сообщение сохранено и отмечено для наших сотрудников как срочное.
