# What a person who writes of danger is told at once. It must never promise that help is on its way.
danger-call = هذا ليس خط طوارئ. إذا كان أحد معرضًا للأذى، فاتصل الآن بالرقم { $numbers }.
danger-advice-gas = إذا شممت رائحة غاز: غادر المبنى، ولا تلمس أي مفتاح كهرباء، واتصل من الخارج.
danger-advice-downed-wire = ابتعد تمامًا عن السلك وعن كل ما يلامسه.
danger-advice-suicide = لست مضطرًا إلى مواجهة هذا وحدك: يجيب أشخاص على هذا الرقم ليلًا ونهارًا.
danger-kept = حُفظت رسالتك ووُضعت عليها علامة عاجل لموظفينا.
