# What a person who writes of danger is told at once. It must never promise that help is on its way.
danger-call = 這裡不是緊急求助熱線。如果有人可能受傷，請立即撥打 { $numbers }。
danger-advice-gas = 如果聞到瓦斯味：請離開建築物，不要觸碰任何開關，到室外再打電話。
danger-advice-downed-wire = 請遠離電線以及它碰到的任何東西。
danger-advice-suicide = 您不必獨自承受：這個號碼日夜都有人接聽。
danger-kept = 您的訊息已保存，並已向我們的工作人員標為緊急。
